import EscrowCore
import EscrowSpool
import NIOCore
import NIOPosix
import Testing

/// With a single I/O thread, whose jobs run in order, a job of our own tells when all before it are done.
@Suite struct SpoolWriterAbandonTests {
  private let pool = NIOThreadPool(numberOfThreads: 1)
  private let temporary: TemporarySpool

  init() throws {
    pool.start()
    temporary = try TemporarySpool(pool: IOThreads(pool))
  }

  /// Jobs may have put one job more behind ours.
  private func filesLeft() async throws -> [String] {
    for _ in 0..<8 { try await pool.runIfActive {} }
    try await pool.shutdownGracefully()
    return try temporary.directory.instanceFiles()
  }

  @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func leavesNothing(afterBytes length: Int) async throws {
    let writer = try temporary.spool.writer(for: .any())
    append(pattern(length), to: writer)
    writer.abandon()
    writer.abandon()
    #expect(writer.append(ByteBuffer(bytes: [1, 2, 3])))
    #expect(try await filesLeft() == [])
  }

  @Test func leavesNothingWhileAChunkIsWritten() async throws {
    let gate = Gate()
    let writer = try temporary.spool.writer(for: .any(), observer: gate)
    append(pattern(3 << 20), to: writer)
    writer.abandon()
    gate.open()
    #expect(try await filesLeft() == [])
  }

  @Test func leavesNothingWhenDropped() async throws {
    append(pattern(3 << 20), to: try temporary.spool.writer(for: .any()))
    #expect(try await filesLeft() == [])
  }

  @Test func finishingAfterwardsFails() async throws {
    let writer = try temporary.spool.writer(for: .any())
    append(pattern(2 << 20), to: writer)
    writer.abandon()
    await #expect(throws: SpoolError.abandoned) { try await writer.finish() }
    #expect(try await filesLeft() == [])
  }

  @Test func comesTooLateOnceFinishWasCalled() async throws {
    let id = InstanceID.any()
    let writer = try temporary.spool.writer(for: id)
    append(pattern(2 << 20), to: writer)
    _ = try await writer.finish()
    writer.abandon()
    #expect(try await filesLeft().count == 1)
    #expect(throws: Never.self) { try temporary.spool.verify(id) }
  }
}
