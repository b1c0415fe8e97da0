import DICOM
import EscrowCore
import GRDB

/// Reads the columns of a row one after the other, in the order of the SELECT.
struct Columns {
  private let row: Row
  private var index: Int

  init(_ row: Row, from index: Int = 0) {
    self.row = row
    self.index = index
  }

  mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>() -> Value {
    defer { index += 1 }
    return row[index]
  }

  mutating func optional<Value: DatabaseValueConvertible & StatementColumnConvertible>() -> Value? {
    defer { index += 1 }
    return row[index]
  }

  mutating func time() -> Timestamp { Timestamp(microseconds: next()) }

  mutating func optionalTime() -> Timestamp? {
    let microseconds: Int64? = optional()
    return microseconds.map(Timestamp.init(microseconds:))
  }

  /// A value of one of our words; throws when the column holds something else.
  mutating func raw<Value: RawRepresentable>() throws -> Value
  where Value.RawValue: DatabaseValueConvertible & StatementColumnConvertible {
    let raw: Value.RawValue = next()
    guard let value = Value(rawValue: raw) else { throw LedgerError.malformedRow("\(Value.self): \(raw)") }
    return value
  }

  mutating func optionalRaw<Value: RawRepresentable>() throws -> Value?
  where Value.RawValue: DatabaseValueConvertible & StatementColumnConvertible {
    let raw: Value.RawValue? = optional()
    guard let raw else { return nil }
    guard let value = Value(rawValue: raw) else { throw LedgerError.malformedRow("\(Value.self): \(raw)") }
    return value
  }

  /// A class and an instance UID.
  mutating func sop() throws -> SOPInstance { SOPInstance(classUID: try raw(), instanceUID: try raw()) }

  mutating func digest() throws -> Digest {
    let text: String = next()
    guard let digest = Digest(hex: text) else { throw LedgerError.malformedRow("digest: \(text)") }
    return digest
  }

  /// Words joined by newlines.
  mutating func lines() -> [String] {
    let text: String = next()
    return text.isEmpty ? [] : text.split(separator: "\n").map(String.init)
  }
}

/// A value to be bound to a parameter.
typealias Parameter = (any DatabaseValueConvertible)?

extension Database {
  /// Runs a statement that returns nothing, prepared once per connection.
  func run(_ sql: String, _ values: Parameter...) throws {
    try cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
  }

  /// All rows of a statement, read by `read`.
  func rows<Item>(_ sql: String, _ values: Parameter..., read: (inout Columns) throws -> Item) throws -> [Item] {
    try rows(sql, arguments: values, read: read)
  }

  func rows<Item>(_ sql: String, arguments: [Parameter], read: (inout Columns) throws -> Item) throws -> [Item] {
    let cursor = try Row.fetchCursor(
      cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    var items: [Item] = []
    while let row = try cursor.next() {
      var columns = Columns(row)
      items.append(try read(&columns))
    }
    return items
  }

  /// The first row of a statement, read by `read`; nil when there is none.
  func first<Item>(_ sql: String, _ values: Parameter..., read: (inout Columns) throws -> Item) throws -> Item? {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(values))
    guard let row = try cursor.next() else { return nil }
    var columns = Columns(row)
    return try read(&columns)
  }

  /// The first column of the first row, a number; nil when there is no row or it is NULL.
  func number(_ sql: String, _ values: Parameter...) throws -> Int64? {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(values))
    return try cursor.next().flatMap { $0[0] }
  }

  /// Whether a statement has any row.
  func exists(_ sql: String, arguments: [Parameter]) throws -> Bool {
    try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(arguments)).next() != nil
  }

  /// Whether a statement has any row.
  func exists(_ sql: String, _ values: Parameter...) throws -> Bool {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(values))
    return try cursor.next() != nil
  }
}

extension Timestamp? {
  /// Microseconds, as the ledger stores moments.
  var stored: Int64? { self?.microseconds }
}
