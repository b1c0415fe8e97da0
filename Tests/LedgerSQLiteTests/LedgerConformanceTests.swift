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

  @Test(arguments: Engine.allCases, UInt64(1)...6)
  func aQueueIsTheSameWhateverStandsInOthers(_ engine: Engine, seed: UInt64) async throws {
    try await engine.run { alone in
      try await engine.run { crowded in
        try await QueueIndependence.check(seed: seed, count: 200, alone: alone, crowded: crowded)
      }
    }
  }
}
