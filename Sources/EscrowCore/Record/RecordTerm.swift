/// Until when what is on record of copies that are gone is kept.
package struct RecordTerm: Sendable, Equatable {
  /// Rows go when the copy went before this, and nothing about it happened since.
  package var before: Timestamp
  /// Summaries of studies go when the last copy went before this.
  package var summariesBefore: Timestamp

  /// How long the summary of a study is kept after its last copy went: ten years.
  package static let summaries = Duration.days(3653)

  /// What holds at `now` for a record that is kept for `keepRecord`. A summary is never kept for less.
  package init(keeping keepRecord: Duration, now: Timestamp) {
    before = now - keepRecord
    summariesBefore = now - max(keepRecord, RecordTerm.summaries)
  }
}

/// The parts of the record that are looked through one after the other: what refers to instances before they go, then
/// what is left of them.
package enum RecordStage: Int, Sendable, CaseIterable {
  case jobs, transactions, instances, events, summaries

  /// The beginning of the next one; nil after the last.
  package var next: RecordPosition? { RecordStage(rawValue: rawValue + 1).map { RecordPosition($0) } }
}

/// How far the record was looked through.
package struct RecordPosition: Sendable, Equatable {
  package var stage: RecordStage
  /// The time, where the rows of a stage are in order of it, and the number of the row that was looked at last.
  package var time: Int64
  package var number: Int64

  package init(_ stage: RecordStage, time: Int64 = .min, number: Int64 = 0) {
    self.stage = stage
    self.time = time
    self.number = number
  }

  package static let start = RecordPosition(.jobs)
}

/// What one step of forgetting did.
package struct ForgettingStep: Sendable, Equatable {
  /// Where the next one begins; nil after the last.
  package var next: RecordPosition?
  /// Instances whose rows went.
  package var instances: Int
  /// Everything else that went as a whole: jobs, transactions, events, summaries.
  package var others: Int

  package init(next: RecordPosition?, instances: Int = 0, others: Int = 0) {
    self.next = next
    self.instances = instances
    self.others = others
  }
}

extension Consignment {
  /// Whether the record of a copy that went before `before` is needed no more, as far as its own rows say: nothing is
  /// open on it, and no destination took back what it had said.
  package func isForgettable(before: Timestamp) -> Bool {
    guard [.purged, .discarded].contains(instance.state), let goneAt = instance.goneAt, goneAt < before,
      instance.legalHold == nil
    else { return false }
    return deliveries.allSatisfy { $0.state.isTerminal && (!$0.contradicted || $0.isGivenUp) }
  }
}

extension Delivery {
  /// An operator decided that it matters no more, so that a proof taken back alarms nobody.
  fileprivate var isGivenUp: Bool { [.cancelled, .waived].contains(state) }
}
