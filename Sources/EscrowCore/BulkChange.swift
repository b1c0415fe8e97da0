/// What an operator may wish of deliveries.
package enum DeliveryVerb: String, Sendable, CaseIterable {
  /// Into the queue again: what failed or was cancelled, counters reset; what waits for a time, without waiting.
  case retry
  /// Neither sent nor asked for until released; proofs still count.
  case hold
  case release
  /// Not sent any more. What is being sent ends first, and stays if it ended stored.
  case cancel
  /// The destination no longer matters for purging: what failed or was cancelled.
  case waive
  /// Cancelled and waived in one: its destination is retired.
  case giveUp
  /// Asked for again at once, with a new transaction.
  case askAgain
  /// Sent before everything else that waits for its destination.
  case expedite
}

/// What an operator may wish of instances, besides rerouting.
package enum InstanceVerb: String, Sendable, CaseIterable {
  /// The copy goes without proof.
  case discard
  /// A conflict is settled: reports may be believed again.
  case resolve
  /// What was rebuilt is right: the copy may be purged like any other.
  case confirm
}

/// Who wishes a change of many rows, why, and how careful to be.
package struct BulkOrder: Sendable, Equatable {
  package var actor: String
  package var reason: String?
  /// How many rows the operator saw; another number changes nothing.
  package var expect: Int?
  /// Only tells what would be changed.
  package var dryRun: Bool

  package init(actor: String, reason: String? = nil, expect: Int? = nil, dryRun: Bool = false) {
    self.actor = actor
    self.reason = reason
    self.expect = expect
    self.dryRun = dryRun
  }

  /// Throws ``LedgerError/unexpectedCount(matched:expected:)`` when that is not what was expected.
  package func check(matched: Int) throws {
    guard let expect, expect != matched else { return }
    throw LedgerError.unexpectedCount(matched: matched, expected: expect)
  }
}

/// What a bulk change did, or would do.
package struct BulkResult<ID: Sendable & Equatable>: Sendable, Equatable {
  package var matched: Int
  package var changed: Int
  /// The first ``listed`` of those that were not changed.
  package var skipped: [Skipped] = []

  package struct Skipped: Sendable, Equatable {
    package var id: ID
    package var reason: String

    package init(id: ID, reason: String) {
      self.id = id
      self.reason = reason
    }
  }

  /// How many skipped rows are listed; a bulk change may skip a million.
  package static var listed: Int { 1000 }

  package init(matched: Int, changed: Int = 0, skipped: [Skipped] = []) {
    self.matched = matched
    self.changed = changed
    self.skipped = skipped
  }

  /// Counts what became of one row: nil when it was changed, else why not.
  package mutating func count(_ id: ID, _ obstacle: String?) {
    guard let obstacle else { return changed += 1 }
    if skipped.count < Self.listed { skipped.append(Skipped(id: id, reason: obstacle)) }
  }

  /// Adds what a later part of the same change did.
  package mutating func add(_ part: BulkResult) {
    changed += part.changed
    skipped += part.skipped.prefix(Self.listed - skipped.count)
  }
}
