import GRDB

/// What a change writes to a row: only the columns that differ. An UPDATE that names no others leaves their indexes and
/// triggers alone, which cost more than the row does.
struct ColumnChanges {
  private var assignments: [String] = []
  private var values: [Parameter] = []

  /// Notes a column whose value is a value of SQLite's own kinds.
  mutating func note<Value: Equatable & DatabaseValueConvertible>(_ column: String, _ before: Value, _ after: Value) {
    note(column, before, after) { $0 }
  }

  mutating func note<Value: Equatable & DatabaseValueConvertible>(_ column: String, _ before: Value?, _ after: Value?) {
    note(column, before, after) { $0 }
  }

  /// Notes a column that holds `stored` of a value.
  mutating func note<Value: Equatable>(
    _ column: String, _ before: Value, _ after: Value, stored: (Value) throws -> Parameter
  ) rethrows {
    guard before != after else { return }
    set(column, try stored(after))
  }

  /// Notes a column whatever it was before.
  mutating func set(_ column: String, _ value: Parameter) {
    assignments.append("\(column) = ?")
    values.append(value)
  }

  /// Writes them, if there are any.
  func apply(to table: String, row: Int64, in db: Database) throws {
    guard !assignments.isEmpty else { return }
    try db.run("UPDATE \(table) SET \(assignments.joined(separator: ", ")) WHERE id = ?", values: values + [row])
  }
}
