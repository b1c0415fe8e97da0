import EscrowCore
import EscrowSpool
import EscrowTesting
import Foundation
import NIOPosix
import Testing

@Suite struct FileComparisonTests {
  /// Files `present` against rows `expected`, in pages of `page`.
  private func compare(_ present: [Int], _ expected: [Int], page: Int) throws -> (missing: [Int], strays: [Int]) {
    let spool = try Spool.open(path: "/spool", disk: SimulatedDisk(), pool: .singleton)
    for number in present {
      var file = try spool.file(for: .numbered(number))
      try pattern(10).withUnsafeBytes { try file.write($0) }
      _ = try file.complete()
    }
    var comparison = FileComparison(try spool.inventory().files)
    var missing: [Int] = []
    for start in stride(from: 0, to: expected.count, by: page) {
      let rows = expected[start..<min(start + page, expected.count)].map {
        ExpectedFile(
          instance: .numbered($0), file: .numbered($0), state: .held, dataSetLength: 10, digest: Digest(high: 0, low: 0)
        )
      }
      missing += comparison.missing(of: rows).map(\.file.number)
    }
    return (missing, comparison.finish().map(\.number))
  }

  @Test(arguments: [
    ([], [], [], []), ([1, 2, 3], [1, 2, 3], [], []), ([1, 2, 3], [], [], [1, 2, 3]), ([], [1, 2], [1, 2], []),
    ([2, 4, 300], [1, 2, 3, 300, 301], [1, 3, 301], [4]), ([1, 500], [2, 3], [2, 3], [1, 500]),
  ])
  func findsWhatIsMissingAndWhatIsStray(present: [Int], expected: [Int], missing: [Int], strays: [Int]) throws {
    for page in 1...3 {
      let found = try compare(present, expected, page: page)
      #expect(found.missing == missing && found.strays == strays)
    }
  }
}

extension InstanceID {
  fileprivate static func numbered(_ number: Int) -> InstanceID {
    let digits = String(number)
    return InstanceID(
      rawValue: "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)
  }

  fileprivate var number: Int { Int(rawValue.suffix(12)) ?? -1 }
}
