import EscrowCore
import GRDB

/// Finds rows by what no index knows: goes through the lists that are meant, in the order of admission, and looks at each
/// row.
struct RowScan {
  /// Up to so many numbers of each list after a position, in order.
  let lists: (_ position: Int64, _ window: Int) throws -> [[Int64]]
  /// Whether the row with the number that is its first parameter is meant; ``values`` are the others.
  let sql: String
  let values: [Parameter]

  /// How many of each list are taken at once: few at first, because what is meant is often among them.
  private static let window = (first: 20, longest: 2000)
  /// How many rows a page looks at, about.
  static let examined = 100_000

  /// Up to `limit` after `position`, and after which one the rest begins; nil when there is none.
  ///
  /// - Parameter budget: looks at no more than about so many.
  func run(
    after position: Int64, limit: Int, atMost budget: Int, in db: Database
  ) throws -> (ids: [Int64], next: Int64?) {
    var (ids, position, looked, window) = ([Int64](), position, 0, Self.window.first)
    while looked < budget {
      let (candidates, isLast) = try candidates(after: position, window: window)
      for id in candidates where try db.exists(sql, arguments: [id] + values) {
        if ids.count == limit { return (ids, ids.last) }
        ids.append(id)
      }
      guard !isLast, let last = candidates.last else { return (ids, nil) }
      (position, looked, window) = (last, looked + candidates.count, min(2 * window, Self.window.longest))
    }
    return (ids, position)
  }

  /// The next ones, and whether there are no more.
  private func candidates(after position: Int64, window: Int) throws -> (ids: [Int64], isLast: Bool) {
    let found = try lists(position, window)
    // Of a list that was not read to its end, what follows may come before what others hold.
    let end = found.filter { $0.count == window }.compactMap(\.last).min()
    let ids = found.joined().filter { id in end.map { id <= $0 } ?? true }.sorted()
    return (ids, end == nil)
  }
}
