import EscrowCore
import NIOCore
import Testing

@testable import EscrowSpool

@Suite struct WriterProgressTests {
  private struct Failure: Error {}

  private static let chunk = ByteBuffer(repeating: 7, count: ChunkPool.chunkSize)
  private var progress = WriterProgress(limit: 1 << 40, chunks: ChunkPool(limit: 2))

  @Test mutating func aSmallDataSetIsOneJob() {
    #expect(progress.append(ByteBuffer(bytes: [1])) == (true, false))
    #expect(progress.append(ByteBuffer(bytes: [2])) == (true, false))
    #expect(progress.finish() == true)
    #expect(progress.nextStep(isFirst: true) == .write(ByteBuffer(bytes: [1, 2])))
    progress.wrote()
    #expect(progress.nextStep(isFirst: false) == .complete)
    progress.completed()
    #expect(progress.nextStep(isFirst: false) == .rest)
  }

  @Test mutating func oneJobRunsAtATimeAndMakesWayAfterAChunk() {
    #expect(progress.append(Self.chunk) == (true, true))
    #expect(progress.append(Self.chunk) == (false, false))
    #expect(progress.nextStep(isFirst: true) == .write(Self.chunk))
    #expect(progress.releaseOwner() == false)
    progress.wrote()
    #expect(progress.nextStep(isFirst: false) == .makeWay)
    #expect(progress.releaseOwner() == true)
    #expect(progress.releaseOwner() == false)
    #expect(progress.nextStep(isFirst: true) == .write(Self.chunk))
    progress.wrote()
    #expect(progress.nextStep(isFirst: false) == .rest)
    #expect(progress.append(Self.chunk) == (true, true))
  }

  @Test mutating func theLastJobDoesNotMakeWay() {
    #expect(progress.append(Self.chunk) == (true, true))
    #expect(progress.append(Self.chunk) == (false, false))
    #expect(progress.append(ByteBuffer(bytes: [1])) == (false, false))
    #expect(progress.finish() == false)
    for expected in [Self.chunk, Self.chunk, ByteBuffer(bytes: [1])] {
      #expect(progress.nextStep(isFirst: false) == .write(expected))
      progress.wrote()
    }
    #expect(progress.nextStep(isFirst: false) == .complete)
  }

  @Test mutating func aFailedWriteIsDiscardedOnceAndReportedAtTheEnd() {
    _ = progress.append(Self.chunk)
    _ = progress.append(Self.chunk)
    _ = progress.nextStep(isFirst: true)
    progress.fail(Failure())
    #expect(progress.nextStep(isFirst: false) == .discard)
    #expect(progress.releaseOwner() == true)
    #expect(progress.nextStep(isFirst: false) == .rest)
    #expect(progress.append(Self.chunk) == (true, false))
    #expect(progress.finish() == true)
    #expect(progress.nextStep(isFirst: true) == .reportFailure)
    #expect(progress.failure is Failure)
  }

  @Test mutating func aFailedCompletionIsDiscardedAndReported() {
    #expect(progress.finish() == true)
    #expect(progress.nextStep(isFirst: true) == .complete)
    progress.fail(Failure())
    #expect(progress.nextStep(isFirst: false) == .discard)
    #expect(progress.nextStep(isFirst: false) == .reportFailure)
    #expect(progress.nextStep(isFirst: false) == .rest)
  }

  @Test mutating func abandoningBeforeAnythingWasWrittenTakesNoJob() {
    _ = progress.append(ByteBuffer(bytes: [1]))
    #expect(progress.abandon() == false)
    #expect(progress.abandon() == false)
  }

  @Test mutating func abandoningStopsARunningJob() {
    _ = progress.append(Self.chunk)
    _ = progress.append(Self.chunk)
    _ = progress.nextStep(isFirst: true)
    #expect(progress.abandon() == false)
    progress.wrote()
    #expect(progress.nextStep(isFirst: false) == .discard)
    #expect(progress.nextStep(isFirst: false) == .rest)
  }

  @Test mutating func abandoningAfterARestTakesAJobOfItsOwn() {
    _ = progress.append(Self.chunk)
    _ = progress.nextStep(isFirst: true)
    progress.wrote()
    #expect(progress.nextStep(isFirst: false) == .rest)
    #expect(progress.abandon() == true)
    #expect(progress.nextStep(isFirst: true) == .discard)
  }

  @Test func chunksAreUsedAgainUpToALimit() {
    let pool = ChunkPool(limit: 1)
    #expect(pool.take(for: 100).capacity < 1000)
    #expect(pool.take(for: 5 << 20).capacity == ChunkPool.chunkSize)
    pool.give(Self.chunk)
    pool.give(ByteBuffer(repeating: 1, count: 10))
    let used = pool.take(for: 1)
    #expect(used.readableBytes == 0 && used.capacity == ChunkPool.chunkSize)
    #expect(pool.take(for: 1).capacity < 1000)
  }
}
