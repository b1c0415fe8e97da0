import EscrowCore
import Foundation
import GRDB

/// Who this ledger is, and to which spool it belongs.
enum Identity {
  /// The ledger's name, made at the first opening; begins a new incarnation.
  ///
  /// - Parameter name: for a ledger that has none yet.
  static func establish(in pool: DatabasePool, name: UUID?) throws -> UUID {
    try pool.write { db in
      if try value("ledger", in: db) == nil { try set("ledger", (name ?? UUID()).uuidString, in: db) }
      let text = try value("ledger", in: db) ?? ""
      guard let id = UUID(uuidString: text) else { throw LedgerError.malformedRow("ledger: \(text)") }
      _ = try beginIncarnation(in: db)
      return id
    }
  }

  static func bind(spool: UUID, in db: Database) throws {
    guard let known = try value("spool", in: db) else { return try set("spool", spool.uuidString, in: db) }
    guard known == spool.uuidString else {
      throw LedgerError.foreignSpool(expected: known, found: spool.uuidString)
    }
  }

  /// Makes every claim made so far one of a process that is gone; returns the new number.
  static func beginIncarnation(in db: Database) throws -> Int64 {
    let next = try incarnation(in: db) + 1
    try set("incarnation", String(next), in: db)
    return next
  }

  static func incarnation(in db: Database) throws -> Int64 {
    try value("incarnation", in: db).flatMap { Int64($0) } ?? 0
  }

  static func value(_ key: String, in db: Database) throws -> String? {
    try db.first("SELECT value FROM meta WHERE key = ?", key) { $0.next() }
  }

  static func set(_ key: String, _ value: String, in db: Database) throws {
    try db.run(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value)
  }
}
