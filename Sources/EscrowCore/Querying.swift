package import DICOM

/// How one destination is asked by query whether it has what was sent to it, and how its answers are judged.
package struct QueryPolicy: Sendable, Equatable {
  /// The wait between sending and the first query.
  package var after: Duration
  /// The wait after the k-th query; the last repeats.
  package var askAgain: [Duration]
  /// Complete queries that do not find an instance, before it is sent again.
  package var resendAfter: Int
  /// Sendings again because of queries, before the delivery fails.
  package var maxResends: Int
  /// The wait before the first sending again; doubles each time.
  package var resendWait: Duration
  /// Instances in one query at most.
  package var batch: Int
  /// A find older than this is asked for again before the copy goes; nil lets every find count for good.
  package var recheck: Duration?
  /// An alarm is raised when a delivery has waited this long since it was first asked for.
  package var alarmAfter: Duration

  package init(
    after: Duration = .seconds(5),
    askAgain: [Duration] = [.minutes(1), .minutes(10), .hours(1), .hours(6), .hours(24)], resendAfter: Int = 3,
    maxResends: Int = 3, resendWait: Duration = .seconds(5), batch: Int = 50, recheck: Duration? = nil,
    alarmAfter: Duration = .hours(24)
  ) {
    self.after = after
    self.askAgain = askAgain
    self.resendAfter = resendAfter
    self.maxResends = maxResends
    self.resendWait = resendWait
    self.batch = batch
    self.recheck = recheck
    self.alarmAfter = alarmAfter
  }

  /// The wait after the `query`-th query, counted from 1.
  package func wait(afterQuery query: Int) -> Duration {
    guard !askAgain.isEmpty else { return .minutes(10) }
    return askAgain[min(max(query, 1), askAgain.count) - 1]
  }

  /// The wait before one more sending again, when there were `resends`.
  package func resendWait(after resends: Int) -> Duration { resendWait * (1 << min(resends, 16)) }

  /// Longer than any wait of its clock.
  package var longest: Duration { max(Waiting.longest, (askAgain.max() ?? .zero) * 2) }

  /// When a delivery is due to be asked for: now, if its time is further off than any wait, since the clock was put back.
  package func due(_ delivery: Delivery, now: Timestamp) -> Timestamp? {
    guard delivery.isQueried else { return nil }
    if let notBefore = delivery.notBefore {
      return Waiting.isOver(notBefore, now: now, longest: longest) ? min(notBefore, now) : notBefore
    }
    guard let sentAt = delivery.sentAt else { return now }
    return sentAt > now + after ? now : sentAt + after
  }
}

/// Where a destination is asked by query; what is nil is as for sending.
package struct QueryIdentity: Sendable, Equatable {
  package var aeTitle: AETitle?
  package var host: String?
  package var port: Int?
  package var policy: QueryPolicy

  package init(
    aeTitle: AETitle? = nil, host: String? = nil, port: Int? = nil, policy: QueryPolicy = QueryPolicy()
  ) {
    self.aeTitle = aeTitle
    self.host = host
    self.port = port
    self.policy = policy
  }
}

/// A delivery that is due to be asked for, with what a query needs to know.
package struct DueQuery: Sendable, Equatable {
  /// The answer counts only while this attempt is the current one.
  package var key: ClaimKey
  package var sop: SOPInstance
  package var studyInstanceUID: UID?
  package var seriesInstanceUID: UID?

  package init(key: ClaimKey, sop: SOPInstance, studyInstanceUID: UID?, seriesInstanceUID: UID?) {
    self.key = key
    self.sop = sop
    self.studyInstanceUID = studyInstanceUID
    self.seriesInstanceUID = seriesInstanceUID
  }

  /// Study and series as they are at the destination, where what was edited on the way has others.
  package init(key: ClaimKey, sop: SOPInstance, studyInstanceUID: UID?, seriesInstanceUID: UID?, terms: SendTerms) {
    self.init(
      key: key, sop: sop, studyInstanceUID: terms.sent(.studyInstanceUID, studyInstanceUID),
      seriesInstanceUID: terms.sent(.seriesInstanceUID, seriesInstanceUID))
  }
}

/// What is due to be asked for at a destination.
package struct QueryTurn: Sendable, Equatable {
  package var due: [DueQuery]
  /// When the next becomes due that is not; nil when none waits for a time.
  package var next: Timestamp?

  package init(due: [DueQuery], next: Timestamp?) {
    self.due = due
    self.next = next
  }
}

/// What a query says of one delivery.
package struct QueryResult: Sendable, Equatable {
  package var key: ClaimKey
  package var answer: Answer

  package enum Answer: Sendable, Equatable {
    /// The destination has it.
    case found
    /// A query that came to its end did not find it.
    case notFound
    /// The query itself failed, which says nothing of the instance: asked for again at `retryAt`, or by the clock if
    /// that is nil. `isRefused`: the destination will never answer as configured.
    case failed(message: String, retryAt: Timestamp?, isRefused: Bool)
  }

  package init(key: ClaimKey, answer: Answer) {
    self.key = key
    self.answer = answer
  }
}

extension Delivery {
  /// Whether it waits to be asked for by query: it was sent and not found yet, or its find is in doubt.
  package var isQueried: Bool {
    proof == .query && hold == nil && (state == .sent || state == .delivered && notBefore != nil)
  }

  /// Whether it was found, and is to be asked for once more before its find counts.
  package var isDoubted: Bool { state == .delivered && proof == .query && notBefore != nil }

  /// Whether its find is too old to let the copy go.
  package func isStale(at now: Timestamp) -> Bool {
    state == .delivered && proof == .query && staleAt.map { $0 <= now } ?? false
  }
}

extension [QueryResult] {
  /// What a destination said that will never answer as configured; nil when none did.
  package var refusal: String? {
    lazy.compactMap { if case .failed(let message, _, isRefused: true) = $0.answer { message } else { nil } }.first
  }

  /// Whether a query came to its end.
  package var areComplete: Bool { contains { [.found, .notFound].contains($0.answer) } }
}

extension SendTerms {
  /// What becomes on the way of a UID; nil when that is not known.
  fileprivate func sent(_ tag: Tag, _ original: UID?) -> UID? {
    guard let edit = edits.first(where: { $0.tag == tag }) else { return original }
    if case .set(let text) = edit.change { return UID(text) }
    return nil
  }
}
