import DICOM

/// What the verbs of a ledger do to an inquiry, whichever ledger keeps it.
extension InquiryRecord {
  /// One more reference is decided, if it is: 0 for committed, otherwise the Failure Reason.
  package mutating func count(_ decision: UInt16?) {
    guard let decision else { return }
    job.done += 1
    failed += decision == 0 ? 0 : 1
  }

  /// It was looked at: when it is to be looked at again.
  package mutating func note(hasNews: Bool, now: Timestamp) {
    guard job.move(.started, now: now) else { return }
    let isDecided = job.done == job.total
    let waits = terms.basis == .delivered && !hasNews && !isDecided
    job.nextAt = waits ? terms.answerBy : now
  }

  /// The peer asks the same once more: it did not get the answer, or it was cancelled here. False when it is under way.
  package mutating func askAgain(now: Timestamp) -> Bool {
    if job.move(.repeated, now: now) { return true }
    guard job.move(.resubmitted, now: now) else { return false }
    startAnew(now: now)
    return true
  }

  /// What is not decided gets its whole time once more.
  package mutating func startAnew(now: Timestamp) {
    guard job.done < job.total else { return }
    terms.answerBy = now + max(terms.answerBy.since(job.createdAt), .zero)
  }

  package func progress(hasNews: Bool) -> InquiryProgress {
    InquiryProgress(
      job: job.id, peer: job.peer, basis: terms.basis, undecided: job.total - job.done, hasNews: hasNews,
      answerBy: terms.answerBy)
  }

  /// It was tried to tell the answer. Returns what goes on record.
  package mutating func told(
    _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) -> EscrowEvent? {
    switch result {
    case .accepted(let status):
      // Also when it was paused or cancelled meanwhile: it was told.
      reportedAt = now
      reportStatus = status
      guard job.move(.succeeded, now: now) else { return nil }
      return event(.inquiryAnswered, at: now)
    case .unwanted(let status, let message):
      guard job.move(.failed, now: now) else { return nil }
      reportStatus = status
      job.failure = JobFailure(.network, message)
      job.troubledSince = nil
      var event = event(.inquiryAnswered, at: now)
      event.reason = message
      return event
    case .failed(let message, let retryAt):
      job.postpone(message, retryAt: retryAt, givingUp: givingUp, now: now)
      return nil
    }
  }

  private func event(_ kind: EventKind, at now: Timestamp) -> EscrowEvent {
    EscrowEvent(
      kind, at: now, transactionUID: transactionUID, instances: job.total, failed: failed,
      actor: "\(callingAE)@\(address)")
  }
}

extension Job {
  /// What it had to tell could not be told: again at `retryAt`, unless that has been so since `givingUp` or before.
  package mutating func postpone(_ message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp) {
    let since = troubledSince ?? now
    let isOver = since <= givingUp
    guard move(isOver ? .failed : .postponed, now: now) else { return }
    tries += 1
    troubledSince = since
    nextAt = isOver ? nil : retryAt
    failure = JobFailure(.network, message)
  }

  /// An operator changed it.
  package func changed(_ verb: String, by actor: String, now: Timestamp) -> EscrowEvent {
    EscrowEvent(.operatorAction, at: now, reason: "\(verb) of job \(id) (\(kind.rawValue), \(peer))", actor: actor)
  }
}

extension CommitmentInquiry {
  /// What goes on record when it comes.
  package func received(now: Timestamp) -> EscrowEvent {
    EscrowEvent(
      .inquiryReceived, at: now, transactionUID: transactionUID, instances: references.count,
      actor: "\(callingAE)@\(address)")
  }
}

extension Vouching {
  /// 0 for committed, otherwise the Failure Reason; nil while open.
  package var decision: UInt16? {
    switch self {
    case .committed: 0
    case .failed(let reason): reason
    case .open: nil
    }
  }
}
