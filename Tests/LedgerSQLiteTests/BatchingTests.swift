import DICOM
import EscrowCore
import Foundation
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

@Suite struct BatchingTests {
  @Test func verbsThatWaitShareOneTransaction() async throws {
    try await TemporaryLedger.run { temporary in
      let gate = CommitGate()
      let ledger = try temporary.open { _ in gate.pass() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await ledger.tell(EscrowEvent(.ping, at: .at(0))) }
        await gate.isReached()
        // Each runs until it waits for the writer, which waits at the gate.
        for number in 1...50 {
          group.addImmediateTask { try await ledger.tell(EscrowEvent(.ping, at: .at(number))) }
        }
        gate.open()
        try await group.waitForAll()
      }
      #expect(gate.commits == 2)
      let told = try await ledger.lastEvent()
      #expect(told == 51)
    }
  }

  /// SQLite counts in 32 bits.
  @Test func changesAreCountedWhenTheCountBeginsAnew() {
    #expect(BatchingWriter.changes(from: 10, to: 30) == 20)
    #expect(BatchingWriter.changes(from: Int(Int32.max) - 1, to: Int(Int32.min) + 3) == 5)
    #expect(BatchingWriter.changes(from: -7, to: 3) == 10)
  }

  /// Among others it would be slow: what came before it and after it has transactions of its own.
  @Test func aLargeReportHasATransactionOfItsOwn() async throws {
    try await TemporaryLedger.run { temporary in
      let gate = CommitGate()
      let ledger = try temporary.open { _ in gate.pass() }
      let report = CommitmentReport(
        transactionUID: .transaction(1), committed: (1...1000).map { .number($0) }, failed: [], reportedBy: "ARCHIVE")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await ledger.tell(EscrowEvent(.ping, at: .at(0))) }
        await gate.isReached()
        for number in 1...6 {
          group.addImmediateTask {
            guard number == 3 else { return try await ledger.tell(EscrowEvent(.ping, at: .at(number))) }
            let result = try await ledger.applyReport(report, from: ["archive"], policies: [:], now: .at(number))
            #expect(result == .unknownTransaction)
          }
        }
        gate.open()
        try await group.waitForAll()
      }
      #expect(gate.commits == 4, "the first, two, the report, three")
      let told = try await ledger.lastEvent()
      #expect(told == 6)
    }
  }

  @Test func aVerbThatThrowsLeavesTheOthersOfItsTransaction() async throws {
    try await TemporaryLedger.run { temporary in
      let gate = CommitGate()
      let ledger = try temporary.open { _ in gate.pass() }
      let failed = try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { await BatchingTests.fails { try await ledger.tell(EscrowEvent(.ping, at: .at(0))) } }
        await gate.isReached()
        for number in [1, 1, 2] {
          group.addImmediateTask {
            await BatchingTests.fails {
              try await ledger.openTransaction(
                .transaction(number), to: "archive", references: [.number(1)], asking: nil, actor: "admin", now: .at(1))
            }
          }
        }
        gate.open()
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(failed == 1)
      let opened = try await ledger.transactions(TransactionFilter(), page: PageRequest()).items
      #expect(opened.map(\.uid) == [.transaction(2), .transaction(1)])
      #expect(gate.commits == 2)
    }
  }

  private static func fails(_ body: () async throws -> Void) async -> Bool {
    do {
      try await body()
      return false
    } catch { return true }
  }
}

/// Counts commits, and stops the first until it is opened.
private final class CommitGate: Sendable {
  private let count = Guarded(0)
  private let barrier = DispatchSemaphore(value: 0)
  private let reached = AsyncStream.makeStream(of: Void.self)

  var commits: Int { count.value }

  /// Called by the writer's thread before each commit.
  func pass() {
    guard count.change({ $0 + 1 }) == 1 else { return }
    reached.continuation.yield()
    barrier.wait()
  }

  func isReached() async { for await _ in reached.stream { return } }

  func open() { barrier.signal() }
}
