import EscrowCore

extension Claim {
  /// What becomes of it without being offered, because it waits for its window or for an operator; nil when it is to be
  /// offered now.
  func answerWithoutOffer(_ classHolds: ClassHolds, now: Timestamp) -> AttemptOutcome? {
    if let timetable = terms.timetable, !timetable.isOpen(at: now) {
      let opening = timetable.nextOpening(after: now)
      return AttemptOutcome(
        key: key,
        result: .returned(
          notBefore: min(opening, now + Waiting.farthest), reason: "waits for its window (\(timetable))"),
        startedAt: now)
    }
    guard let cause = classHolds.cause(against: self) else { return nil }
    return AttemptOutcome(
      key: key, result: .held(reason: cause.rawValue, wasOffered: false), startedAt: now,
      message: "not offered: \(destination) refused what is like it")
  }
}
