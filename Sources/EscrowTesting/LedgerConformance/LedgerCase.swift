package import EscrowCore

/// One rule that every ledger keeps, as a test on a new and empty ledger.
package struct LedgerCase: Sendable, CustomStringConvertible {
  package let name: String
  /// Throws a ``LedgerCaseFailure`` when the rule is broken.
  package let run: @Sendable (any Ledger) async throws -> Void

  package var description: String { name }

  init(_ name: String, _ body: @escaping @Sendable (Scene) async throws -> Void) {
    self.name = name
    run = { try await body(Scene(ledger: $0)) }
  }
}

/// The rules of all ledgers.
package enum LedgerConformance {
  /// Every case, each for a ledger of its own.
  package static let cases: [LedgerCase] =
    admissions + claims + queues + commitment + requests + asking + reports + purging + guarding + files + operating
    + queries + rechecks + deliveryVerbs + instanceVerbs + outbox + inquiries + answers + removals + stores
    + listings + traces + sending + terms
    + legalHolds + destinations + overviews + forgetting
}
