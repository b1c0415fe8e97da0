import DICOM
import EscrowCore
import EscrowEngine
import EscrowTesting
import Testing

/// What unlisted senders tried, on its way to the record.
@Suite struct UnlistedLogTests {
  private func sender(_ title: AETitle, at microsecond: Int64) -> UnlistedSender {
    UnlistedSender(title, at: "10.0.0.9", calling: "ESCROW", now: Timestamp(microseconds: microsecond), reason: "no")
  }

  @Test func aFloodIsOneWrite() async throws {
    let log = UnlistedLog()
    let ledger = MemoryLedger()
    for second in Int64(1)...500 { log.note(sender("CT9", at: second)) }
    try await log.record(in: ledger, now: Timestamp(microseconds: 500))
    try await log.record(in: ledger, now: Timestamp(microseconds: 501))
    let known = try await ledger.unlistedSenders()
    #expect(
      known.map(\.attempts) == [500] && known.first?.firstAt == Timestamp(microseconds: 1)
        && known.first?.lastAt == Timestamp(microseconds: 500))
  }

  @Test func whatTheLedgerDoesNotTakeWaitsOn() async throws {
    struct Refusing: UnlistedLedger {
      func recordUnlisted(_ attempts: [UnlistedSender], now: Timestamp) async throws { throw CancellationError() }
      func unlistedSenders() async throws -> [UnlistedSender] { [] }
    }
    let log = UnlistedLog()
    let ledger = MemoryLedger()
    log.note(sender("CT9", at: 1))
    await #expect(throws: CancellationError.self) {
      try await log.record(in: Refusing(), now: Timestamp(microseconds: 2))
    }
    log.note(sender("CT9", at: 3))
    try await log.record(in: ledger, now: Timestamp(microseconds: 4))
    let known = try await ledger.unlistedSenders()
    #expect(
      known.map(\.attempts) == [2] && known.first?.firstAt == Timestamp(microseconds: 1)
        && known.first?.lastAt == Timestamp(microseconds: 3))
  }
}
