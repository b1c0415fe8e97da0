import EscrowCore
import EscrowTesting
import GRDB
import Testing

@testable import LedgerSQLite

/// The ledgers that must behave alike.
enum Engine: String, CaseIterable, Sendable, CustomStringConvertible {
  case memory
  case sqlite

  var description: String { rawValue }

  /// Runs `body` on a new and empty ledger, of which no statement may then have looked through a whole table.
  func run(_ body: (any Ledger) async throws -> Void) async throws {
    switch self {
    case .memory: try await body(MemoryLedger())
    case .sqlite:
      try await TemporaryLedger.run { temporary in
        let ledger = try temporary.open()
        try await body(ledger)
        let scans = try await QueryPlan.scans(in: ledger)
        #expect(scans == [])
      }
    }
  }
}

/// A database of a test's own.
struct TemporaryLedger: Sendable {
  let path: String

  /// Runs `body` with the path of a database that is removed afterwards.
  static func run(_ body: (TemporaryLedger) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    defer { try? directory.remove() }
    try await body(TemporaryLedger(path: directory.appending("escrow.db")))
  }

  /// Opens it with a short log and, if wanted, with faults.
  func open(fault: @escaping @Sendable (BatchingWriter.Moment) throws -> Void = { _ in }) throws -> SQLiteLedger {
    try SQLiteLedger(path: path, migrator: Schema.migrator, logPages: 16, fault: fault)
  }
}
