package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func putBackWaits(by step: Duration, now: Timestamp) async throws {
    for wait in TimedWait.all {
      var first: Int64? = 0
      while let begin = first {
        first = try await writer.perform { try $0.putBack(wait, from: begin, by: step, now: now) }
      }
    }
  }
}

/// A column that holds the time for which something waits.
struct TimedWait {
  /// Looks at so many rows in a transaction.
  static let rowsAtOnce: Int64 = 20_000

  /// ?1 and ?2 first and last row, ?3 microseconds, ?4 now.
  let putBack: String
  /// The first row that is not before ?1.
  let next: String

  private init(of table: String, _ column: String, key: String = "id") {
    putBack = "UPDATE \(table) SET \(column) = \(column) - ?3 WHERE \(key) BETWEEN ?1 AND ?2 AND \(column) > ?4"
    next = "SELECT min(\(key)) FROM \(table) WHERE \(key) >= ?1"
  }

  static let all = [
    TimedWait(of: "delivery", "not_before"), TimedWait(of: "job", "next_at", key: "number"),
    TimedWait(of: "outbox", "next_at"),
  ]
}

extension WriteTransaction {
  /// Returns where to go on; nil when that was all.
  fileprivate func putBack(_ wait: TimedWait, from first: Int64, by step: Duration, now: Timestamp) throws -> Int64? {
    let end = first + TimedWait.rowsAtOnce
    try db.run(wait.putBack, first, end - 1, step.microseconds, now.microseconds)
    return try db.number(wait.next, end)
  }
}
