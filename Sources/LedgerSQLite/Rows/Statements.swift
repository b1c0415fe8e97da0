import Foundation
import GRDB
import GRDBSQLite

/// A value to be bound to a parameter.
typealias Parameter = (any DatabaseValueConvertible)?

/// Statements are prepared once for each connection, and bound and stepped here without more around them: they are what
/// the ledger does all day.
extension Database {
  /// Runs a statement that returns nothing.
  func run(_ sql: String, _ values: Parameter...) throws { try run(sql, values: values) }

  func run(_ sql: String, values: [Parameter]) throws { try each(sql, values) { _ in } }

  /// All rows of a statement, read by `read`.
  func rows<Item>(_ sql: String, _ values: Parameter..., read: (inout Columns) throws -> Item) throws -> [Item] {
    try rows(sql, arguments: values, read: read)
  }

  func rows<Item>(_ sql: String, arguments: [Parameter], read: (inout Columns) throws -> Item) throws -> [Item] {
    var items: [Item] = []
    try each(sql, arguments) { items.append(try read(&$0)) }
    return items
  }

  /// The first row of a statement, read by `read`; nil when there is none.
  func first<Item>(_ sql: String, _ values: Parameter..., read: (inout Columns) throws -> Item) throws -> Item? {
    try first(sql, values, read: read)
  }

  /// The first column of the first row, a number; nil when there is no row or it is NULL.
  func number(_ sql: String, _ values: Parameter...) throws -> Int64? {
    try first(sql, values) { $0.optional() as Int64? } ?? nil
  }

  /// Whether a statement has any row.
  func exists(_ sql: String, arguments: [Parameter]) throws -> Bool { try first(sql, arguments) { _ in } != nil }

  /// Whether a statement has any row.
  func exists(_ sql: String, _ values: Parameter...) throws -> Bool { try exists(sql, arguments: values) }

  /// Does something with each row of a statement.
  func each(_ sql: String, _ values: [Parameter], _ body: (inout Columns) throws -> Void) throws {
    try with(sql, values) { statement in
      while try step(statement, of: sql) {
        var columns = Columns(statement)
        try body(&columns)
      }
    }
  }

  private func first<Item>(_ sql: String, _ values: [Parameter], read: (inout Columns) throws -> Item) throws -> Item? {
    try with(sql, values) { statement in
      guard try step(statement, of: sql) else { return nil }
      var columns = Columns(statement)
      return try read(&columns)
    }
  }

  private func with<Result>(
    _ sql: String, _ values: [Parameter], _ body: (SQLiteStatement) throws -> Result
  ) throws -> Result {
    let prepared = try cachedStatement(sql: sql)
    return try withExtendedLifetime(prepared) {
      let statement = prepared.sqliteStatement
      defer { sqlite3_reset(statement) }
      let expected = Int(sqlite3_bind_parameter_count(statement))
      guard expected == values.count else {
        let message = "\(values.count) values for \(expected) parameters"
        throw DatabaseError(resultCode: .SQLITE_MISUSE, message: message, sql: sql)
      }
      for (index, value) in values.enumerated() {
        let code = statement.bind(value?.databaseValue ?? .null, at: Int32(index + 1))
        guard code == SQLITE_OK else { throw failure(code, of: sql) }
      }
      return try body(statement)
    }
  }

  /// Whether there is one more row.
  private func step(_ statement: SQLiteStatement, of sql: String) throws -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: true
    case SQLITE_DONE: false
    case let code: throw failure(code, of: sql)
    }
  }

  /// A statement is interrupted only for a task that was cancelled.
  private func failure(_ code: Int32, of sql: String) -> any Error {
    guard code != SQLITE_INTERRUPT else { return CancellationError() }
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: lastErrorMessage, sql: sql)
  }
}

extension SQLiteStatement {
  /// What SQLite is to copy, since the memory is gone afterwards.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  fileprivate func bind(_ value: DatabaseValue, at index: Int32) -> Int32 {
    switch value.storage {
    case .null: return sqlite3_bind_null(self, index)
    case .int64(let number): return sqlite3_bind_int64(self, index, number)
    case .double(let number): return sqlite3_bind_double(self, index, number)
    // Up to the first NUL, where reading it ends as well: a text is found by what was read of it.
    case .string(let text): return sqlite3_bind_text(self, index, text, -1, Self.transient)
    case .blob(let data):
      guard !data.isEmpty else { return sqlite3_bind_zeroblob(self, index, 0) }
      return data.withUnsafeBytes { sqlite3_bind_blob(self, index, $0.baseAddress, Int32($0.count), Self.transient) }
    }
  }
}
