import DICOM
import EscrowCore
import GRDB
import GRDBSQLite

/// Reads the columns of a row one after the other, in the order of the SELECT.
struct Columns {
  private let statement: SQLiteStatement
  private var index: Int32 = 0

  /// The row that the statement's last step gave.
  init(_ statement: SQLiteStatement) { self.statement = statement }

  /// A column that is never NULL.
  mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>() -> Value {
    guard let value: Value = optional() else { preconditionFailure("column \(index - 1) is NULL") }
    return value
  }

  mutating func optional<Value: DatabaseValueConvertible & StatementColumnConvertible>() -> Value? {
    defer { index += 1 }
    guard sqlite3_column_type(statement, index) != SQLITE_NULL else { return nil }
    return Value(sqliteStatement: statement, index: index)
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

extension Timestamp? {
  /// Microseconds, as the ledger stores moments.
  var stored: Int64? { self?.microseconds }
}
