import EscrowTesting
import Testing

@testable import LedgerSQLite

@Suite struct LedgerConformanceTests {
  @Test(arguments: Engine.allCases, LedgerConformance.cases)
  func keepsTheRule(_ engine: Engine, _ rule: LedgerCase) async throws {
    try await engine.run { try await rule.run($0) }
  }

  @Test(arguments: UInt64(1)...12)
  func answersAsTheOneInMemory(seed: UInt64) async throws {
    try await TemporaryLedger.run {
      try await LedgerDifference.find(seed: seed, count: 300, between: MemoryLedger(), and: $0.open())
    }
  }
}
