import GRDB
import Testing

@testable import LedgerSQLite

/// Lists of numbers of which every seventh is meant, looked through in pages.
@Suite struct RowScanTests {
  /// The numbers up to the last one, dealt out to lists: many to the first, few to the others.
  private static func lists(upTo last: Int64) -> [[Int64]] {
    let numbers = Array(1...last)
    return [numbers.filter { $0 % 5 > 1 }, numbers.filter { $0 % 5 == 1 }, numbers.filter { $0 % 5 == 0 }, []]
  }

  private static func scan(_ lists: [[Int64]]) -> RowScan {
    RowScan(
      lists: { position, window in lists.map { Array($0.filter { $0 > position }.prefix(window)) } },
      sql: "SELECT 1 WHERE ? % ? = 0", values: [7])
  }

  @Test(arguments: [1, 6, 100, 5000], [20, 700, 9000] as [Int64])
  func pagesHaveAllInOrder(limit: Int, last: Int64) throws {
    let scan = Self.scan(Self.lists(upTo: last))
    let found = try DatabaseQueue().read { db in
      var (found, position) = ([Int64](), Int64?.some(0))
      while let start = position {
        let page = try scan.run(after: start, limit: limit, atMost: .max, in: db)
        #expect(page.ids.count <= limit)
        found += page.ids
        position = page.next
      }
      return found
    }
    #expect(found == Array(1...last).filter { $0 % 7 == 0 })
  }

  /// A page ends when enough was looked at, and the next goes on from there.
  @Test func aPageLooksAtNoMoreThanItMay() throws {
    let scan = Self.scan(Self.lists(upTo: 9000))
    let page = try DatabaseQueue().read { try scan.run(after: 0, limit: 5000, atMost: 500, in: $0) }
    let next = try #require(page.next)
    #expect((500..<1500).contains(next))
    #expect(page.ids == Array(1...next).filter { $0 % 7 == 0 })
  }
}
