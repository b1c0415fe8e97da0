import EscrowCore
import EscrowTesting
import Foundation
import LedgerSQLite
import Testing

/// Whatever the seed: each instance of two troubled days ends delivered or visibly failed, none is lost, none goes early,
/// and each wave of a study is told of once.
@Suite struct TrafficSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment
  /// The only seed to be played, with its journal.
  private static let only = environment["ESCROW_TRAFFIC_SEED"].flatMap(UInt64.init)
  /// How many studies a run has.
  private static let studies =
    environment["ESCROW_TRAFFIC_STUDIES"].flatMap(Int.init) ?? min(Torture.times(100), 3000)
  private static let seeds: [UInt64] = only.map { [$0] } ?? Array(1...UInt64(Torture.factor == 1 ? 2 : 8))

  @Test(arguments: seeds) func twoDaysEndWell(seed: UInt64) async throws {
    try await Self.onSQLite { try await Self.play(seed, studies: Self.studies, on: $0) }
  }

  /// The ledger that is easy to read, with fewer of them, since it looks at everything each time.
  @Test(arguments: seeds) func twoDaysInMemoryEndWell(seed: UInt64) async throws {
    try await Self.play(seed, studies: min(Self.studies, 30), on: MemoryLedger())
  }

  /// The proof that the tests above can fail.
  @Test(arguments: TrafficFlaw.allCases) func aBrokenRouterIsNoticed(flaw: TrafficFlaw) async throws {
    var found: String?
    for seed in 1...5 as ClosedRange<UInt64> where found == nil {
      let traffic = Traffic(seed: seed, on: MemoryLedger(), flaw: flaw)
      found = try await traffic.run(studies: 30).first
    }
    #expect(found?.contains(flaw.words) == true, "\(flaw): \(found ?? "not found")")
    Torture.report("\(flaw): \(found ?? "not found")")
  }

  @Test func aSeedIsTheSameOnBothLedgers() async throws {
    let memory = Traffic(seed: 7, on: MemoryLedger(), keepsJournal: true)
    _ = try await memory.run(studies: 15)
    try await Self.onSQLite { ledger in
      let other = Traffic(seed: 7, on: ledger, keepsJournal: true)
      _ = try await other.run(studies: 15)
      #expect(other.journal.text == memory.journal.text)
    }
  }

  private static func play(_ seed: UInt64, studies: Int, on ledger: any Ledger) async throws {
    let traffic = Traffic(seed: seed, on: ledger, keepsJournal: only != nil)
    let violations = try await traffic.run(studies: studies)
    Torture.report("traffic of seed \(seed): \(traffic.tally)")
    if only != nil { print("Seed \(seed):\n\(traffic.journal.text)\n\(violations.joined(separator: "\n"))") }
    guard let first = violations.first else { return }
    Issue.record(
      """
      \(first) (and \(violations.count - 1) more); replay: ESCROW_TRAFFIC_SEED=\(seed) ESCROW_TRAFFIC_STUDIES=\(studies) \
      swift test --filter TrafficSimulation
      """)
  }

  /// On a disk in memory where there is one: what is durable is not the question here.
  private static func onSQLite(_ body: (any Ledger) async throws -> Void) async throws {
    let shared = URL(filePath: "/dev/shm")
    let place =
      FileManager.default.isWritableFile(atPath: shared.path) ? shared : FileManager.default.temporaryDirectory
    let folder = place.appending(path: "escrow-traffic-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(SQLiteLedger.open(path: folder.path + "/escrow.db"))
  }
}
