import Foundation
import GRDB

/// Comparisons of a value with a list, written out one by one.
///
/// SQLite looks a value up in a list of three and more by a table that it makes anew for each statement. In checks and
/// triggers, which every change of a row evaluates, that took a fifth of all that a ledger does.
enum ListComparison {
  /// `sql` with `(a = 1 OR a = 2 OR a = 3)` for `a IN (1, 2, 3)`; lists of one or two, and queries, stay.
  static func writtenOut(_ sql: String) -> String {
    var parts = sql.components(separatedBy: " IN (")[...]
    var text = parts.popFirst() ?? ""
    for part in parts {
      let list = part.prefix { $0 != ")" }
      let values = list.components(separatedBy: ", ")
      if values.count > 2, values.allSatisfy(isLiteral) {
        text = compared(text, with: values) + part.dropFirst(list.count + 1)
      } else {
        text += " IN (" + part
      }
    }
    return text
  }

  private static func isLiteral(_ value: String) -> Bool { value.hasPrefix("'") || Int(value) != nil }

  /// `text`, which ends with a column and perhaps with NOT, with a comparison for each value.
  private static func compared(_ text: String, with values: [String]) -> String {
    let isExcluded = text.hasSuffix(" NOT")
    let before = isExcluded ? text.dropLast(" NOT".count) : text[...]
    let column = String(before.reversed().prefix { $0 != " " && $0 != "(" && $0 != "\n" }.reversed())
    let comparisons = values.map { "\(column) \(isExcluded ? "<>" : "=") \($0)" }
    return "\(before.dropLast(column.count))(\(comparisons.joined(separator: isExcluded ? " AND " : " OR ")))"
  }

  /// Rewrites the checks of all tables, and all triggers, as SQLite's documentation of ALTER TABLE describes for what
  /// means the same as before.
  static func writeOut(in db: Database) throws {
    let found = try db.rows("SELECT rowid, sql FROM sqlite_schema WHERE type IN ('table', 'trigger') AND sql <> ''") {
      (row: $0.next() as Int64, sql: $0.next() as String)
    }
    try db.execute(sql: "PRAGMA writable_schema = ON")
    for (row, sql) in found {
      let text = writtenOut(sql)
      guard text != sql else { continue }
      try db.execute(sql: "UPDATE sqlite_schema SET sql = ? WHERE rowid = ?", arguments: [text, row])
    }
    try db.execute(sql: "PRAGMA writable_schema = RESET")
  }
}
