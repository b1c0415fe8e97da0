import EscrowCore
import Foundation
import LedgerSQLite

/// What the ledger's verbs and queries cost when much is queued. `growth.py` runs it: first to fill a ledger, then, as a
/// process of its own, to measure.
@main
enum Growth {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let path = arguments.dropFirst().first, let count = arguments.last.flatMap({ Int($0) }), count >= 1000 else {
      return usage()
    }
    switch (arguments.first, arguments.count) {
    case ("fill", 4): try await Backlog(count: count).fill(path, spool: arguments[2])
    case ("measure", 3): try await measure(path, count: count)
    default: usage()
    }
  }

  private static func usage() {
    print("usage: escrow-growth fill LEDGER SPOOL COUNT | escrow-growth measure LEDGER COUNT (at least 1000)")
    exit(2)
  }

  private static func measure(_ path: String, count: Int) async throws {
    let bench = LedgerBench(path: path, backlog: Backlog(count: count))
    try await bench.measure()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(bench.stopwatch.report), as: UTF8.self))
  }
}
