import DICOM
import EscrowCore
import EscrowSpool
import EscrowTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@Suite struct SpoolWriterTests {
  private static let chunk = 1 << 20

  @Test(arguments: [0, 1, 511, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 7], [4096, 131_072, 5 << 20])
  func writesWhatItWasGiven(length: Int, fragment: Int) async throws {
    let temporary = try TemporarySpool()
    let id = InstanceID.any()
    let bytes = pattern(length)
    let observer = Recorder()
    let writer = try temporary.spool.writer(for: id, observer: observer)
    append(bytes, to: writer, fragment: fragment)
    let file = try await writer.finish()

    #expect(file.id == id && file.dataSetLength == Int64(length))
    #expect(file.digest == Digest.of(bytes))
    #expect(observer.bytes == bytes)
    #expect(try temporary.contents(of: id).suffix(length) == bytes[...])
    #expect(try temporary.spool.open(id).readToEnd() == bytes)
  }

  @Test func keepsWhatItWasToldOfTheInstance() async throws {
    let temporary = try TemporarySpool()
    let file = try await temporary.write(pattern(100), as: .any())
    let record = try temporary.spool.open(file.id).record
    #expect(
      record
        == SpoolRecord(
          id: file.id, sop: Spool.sampleSOP, transferSyntax: "1.2.840.10008.1.2.1", source: Spool.sampleSource,
          receivedAt: Spool.sampleTime, dataSetLength: 100, digest: file.digest))
  }

  @Test func filesAreForTheirOwnerOnly() async throws {
    let temporary = try TemporarySpool()
    let file = try await temporary.write(pattern(10), as: .any())
    let mode = try FileManager.default.attributesOfItem(atPath: temporary.path(of: file.id))[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test func largeFilesAreWrittenBackEarlyAndSmallOnesAreNot() async throws {
    let disk = FaultyDisk(PosixDisk())
    let temporary = try TemporarySpool(disk: disk)
    _ = try await temporary.write(pattern(7 << 20), as: .any())
    #expect(!disk.calls.contains("start writeback"))
    let bytes = pattern(20 << 20)
    let file = try await temporary.write(bytes, as: .any(), fragment: 1 << 20)
    #expect(disk.calls.count { $0 == "start writeback" } == 2)
    #expect(try temporary.spool.open(file.id).readToEnd() == bytes)
  }

  @Test func aSmallInstanceTakesTheFewestCalls() async throws {
    let disk = FaultyDisk(PosixDisk())
    let temporary = try TemporarySpool(disk: disk)
    let before = disk.calls.count
    _ = try await temporary.write(pattern(3000), as: .any())
    #expect(disk.calls.dropFirst(before) == ["open directory", "create", "write", "write", "sync", "sync directory"])
  }

  @Test func twoWritersAtOnceDoNotMix() async throws {
    let temporary = try TemporarySpool()
    let contents = [pattern(3_000_000, seed: 1), pattern(3_000_000, seed: 2)]
    let writers = try contents.map { _ in try temporary.spool.writer(for: .any()) }
    for start in stride(from: 0, to: 3_000_000, by: 100_000) {
      for (writer, bytes) in zip(writers, contents) {
        _ = writer.append(ByteBuffer(bytes: bytes[start..<start + 100_000]))
      }
    }
    for (writer, bytes) in zip(writers, contents) {
      let file = try await writer.finish()
      #expect(try temporary.spool.open(file.id).readToEnd() == bytes)
    }
  }

  @Test func asksItsOwnerToWaitWhileTwoChunksArePending() async throws {
    let temporary = try TemporarySpool()
    let gate = Gate()
    let (drained, drain) = AsyncStream<Void>.makeStream()
    let writer = try temporary.spool.writer(for: .any(), observer: gate) { drain.yield() }
    let half = ByteBuffer(bytes: pattern(Self.chunk / 2))
    #expect([writer.append(half), writer.append(half), writer.append(half)] == [true, true, true])
    #expect(writer.append(half) == false)
    gate.open()
    var iterator = drained.makeAsyncIterator()
    await iterator.next()
    #expect(writer.append(half))
    #expect(try await writer.finish().dataSetLength == Int64(Self.chunk / 2 * 5))
  }

  @Test func drainsWhatIsTooLargeAndThenSaysSo() async throws {
    let temporary = try TemporarySpool(maximumLength: 3 << 20)
    let writer = try temporary.spool.writer(for: .any())
    append(pattern(3 << 20), to: writer)
    #expect(writer.append(ByteBuffer(bytes: [1])))
    #expect(writer.append(ByteBuffer(bytes: pattern(5 << 20))))
    await #expect(throws: SpoolError.tooLarge(limit: 3 << 20)) { try await writer.finish() }
    #expect(try temporary.directory.instanceFiles() == [])
  }

  @Test func aFileOfTheSameNameIsNeverOverwritten() async throws {
    let temporary = try TemporarySpool()
    let bytes = pattern(5000)
    let file = try await temporary.write(bytes, as: .any())
    await #expect(throws: SpoolError.self) { try await temporary.write(pattern(10), as: file.id) }
    #expect(try temporary.spool.open(file.id).readToEnd() == bytes)
  }

  @Test(arguments: ["../../etc/passwd", "", "0198A000-0000-7000-8000-0000000000FF", "x.dcm"])
  func namesThatAreNotOursAreRefused(name: String) async throws {
    let temporary = try TemporarySpool()
    let id = InstanceID(rawValue: name)
    #expect(throws: SpoolError.malformedName(name)) { try temporary.spool.writer(for: id) }
    #expect(throws: SpoolError.malformedName(name)) { try temporary.spool.open(id) }
    await #expect(throws: SpoolError.malformedName(name)) { try await temporary.spool.remove([id]) }
  }

  @Test func threadsThatAreShutDownFailTheReception() async throws {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let temporary = try TemporarySpool(pool: IOThreads(pool))
    let writer = try temporary.spool.writer(for: .any())
    try await pool.shutdownGracefully()
    append(pattern(3 << 20), to: writer)
    await #expect(throws: SpoolError.stopped) { try await writer.finish() }
    #expect(try temporary.directory.instanceFiles() == [])
  }
}
