package import DICOM

/// Which study's deliveries are asked for next at one destination, and when.
///
/// Those not asked for since they were sent are *fresh*: due when the study is quiet, or the first of them has
/// waited long enough. The others are due again at their `notBefore`. A transaction takes one kind.
package struct AskingClock: Sendable {
  /// A study at a moment of one of its deliveries.
  package struct Moment: Sendable, Equatable {
    package var at: Timestamp
    package var study: UID

    package init(at: Timestamp, study: UID) {
      self.at = at
      self.study = study
    }
  }

  /// What is to be asked for next.
  package struct Turn: Sendable, Equatable {
    package var due: Timestamp
    package var study: UID
    package var isFresh: Bool
  }

  package var policy: CommitmentPolicy
  package var now: Timestamp

  package init(_ policy: CommitmentPolicy, now: Timestamp) {
    self.policy = policy
    self.now = now
  }

  /// The turn that is due first, given the fresh delivery sent first, the study with a fresh one that has been quiet
  /// longest, and of those to be asked again the first and the last.
  package func next(firstSent: Moment?, quietest: Moment?, firstAgain: Moment?, lastAgain: Moment?) -> Turn? {
    let turns = [
      firstSent.map { Turn(due: due($0.at, wait: policy.maxWait), study: $0.study, isFresh: true) },
      quietest.map { Turn(due: due($0.at, wait: policy.quiet), study: $0.study, isFresh: true) },
      firstAgain.map { Turn(due: due($0.at), study: $0.study, isFresh: false) },
      lastAgain.map { Turn(due: due($0.at), study: $0.study, isFresh: false) },
    ]
    return turns.compactMap { $0 }.min { $0.due < $1.due }
  }

  /// When one that was sent at `sentAt` has waited long enough: now, if the clock was put back since.
  private func due(_ sentAt: Timestamp, wait: Duration) -> Timestamp {
    sentAt > now + wait ? now : sentAt + wait
  }

  /// When one that waits until `notBefore` is due: now, if that is further off than any wait.
  private func due(_ notBefore: Timestamp) -> Timestamp { isOver(notBefore) ? min(notBefore, now) : notBefore }

  /// Whether a wait is over.
  package func isOver(_ notBefore: Timestamp) -> Bool {
    Waiting.isOver(notBefore, now: now, longest: Waiting.longest(asking: policy))
  }

  /// Of deliveries in the order of their turn, those that one transaction takes: each SOP Instance UID once.
  package func references<Item>(_ due: [Item], uid: (Item) -> UID) -> [Item] {
    var seen: Set<UID> = []
    return Array(due.filter { seen.insert(uid($0)).inserted }.prefix(max(policy.maxReferences, 1)))
  }
}
