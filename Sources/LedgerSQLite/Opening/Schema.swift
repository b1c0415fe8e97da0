import EscrowCore
import GRDB

/// The ledger's tables, version by version. A released version is never edited; a new one is appended.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 first") { db in
      try db.execute(sql: instances + deliveries + commitments + events + outbox + counters)
    }
    migrator.registerMigration("2 jobs") { db in try db.execute(sql: jobs + inquiries) }
    migrator.registerMigration("3 resources") { db in
      try db.execute(sql: resources + asking + storing)
      try ResourceRow.fill(in: db)
    }
    migrator.registerMigration("4 asking ourselves") { db in try db.execute(sql: ownRequests) }
    migrator.registerMigration("5 sending") { db in try db.execute(sql: sending) }
    migrator.registerMigration("6 querying") { db in try db.execute(sql: querying) }
    migrator.registerMigration("7 sources") { db in try db.execute(sql: sources) }
    migrator.registerMigration("8 operating") { db in try db.execute(sql: operating) }
    migrator.registerMigration("9 unlisted") { db in try db.execute(sql: unlisted) }
    migrator.registerMigration("10 retention") { db in try db.execute(sql: retention) }
    migrator.registerMigration("12 growth") { db in try db.execute(sql: growth) }
    migrator.registerMigration("13 comparisons") { db in
      try db.execute(sql: comparisons)
      try ListComparison.writeOut(in: db)
    }
    return migrator
  }

  /// `'a', 'b'`: the raw values of an enumeration, as CHECK and IN want them. They are our own words, never input.
  static func list<Value: RawRepresentable>(_ values: some Sequence<Value>) -> String where Value.RawValue == String {
    values.map { "'\($0.rawValue)'" }.joined(separator: ", ")
  }

  /// A column that is 0 unless said otherwise; a list of what it may be follows.
  static let flag = "INTEGER NOT NULL DEFAULT 0 CHECK"
}
