import DICOM

extension Consignment {
  /// Why a delivery failed that was sent again as often as it may be, and was never found.
  package static let notFoundByQuery = "notFoundByQuery"

  /// Applies what a query says of a delivery; false when it does not speak of the current attempt.
  package mutating func record(_ result: QueryResult, policy: QueryPolicy, now: Timestamp) -> Bool {
    guard let index = deliveries.firstIndex(where: { $0.id == result.key.delivery }),
      deliveries[index].attempts == result.key.attempt, deliveries[index].proof == .query,
      deliveries[index].state == .sent || deliveries[index].isDoubted
    else { return false }
    switch result.answer {
    case .found: find(index, policy: policy, now: now)
    case .notFound: miss(index, policy: policy, now: now)
    case .failed(let message, let retryAt, let isRefused):
      deliveries[index].firstAskedAt = deliveries[index].firstAskedAt ?? now
      if retryAt == nil || isRefused { deliveries[index].asks += 1 }
      deliveries[index].notBefore = retryAt ?? now + policy.wait(afterQuery: deliveries[index].asks)
      deliveries[index].reason = isRefused ? "query refused" : "query failed"
      deliveries[index].lastError = message
    }
    settle(now: now)
    return true
  }

  /// Lets finds that are too old be asked for again before they count; false when there are none.
  package mutating func doubtStaleFinds(now: Timestamp) -> Bool {
    let stale = deliveries.indices.filter {
      deliveries[$0].origin == .route && deliveries[$0].isStale(at: now) && !deliveries[$0].isDoubted
    }
    for index in stale { deliveries[index].doubt(now: now) }
    return !stale.isEmpty
  }

  private mutating func find(_ index: Int, policy: QueryPolicy, now: Timestamp) {
    let before = deliveries[index]
    if before.state == .sent { deliveries[index].move(.found) }
    deliveries[index].notBefore = nil
    deliveries[index].staleAt = policy.recheck.map { now + $0 }
    deliveries[index].contradicted = false
    deliveries[index].reason = nil
    deliveries[index].lastError = nil
    deliveries[index].firstAskedAt = nil
    effects.append(.tell(event(.instanceFound, of: before, at: now)))
    if before.contradicted {
      effects.append(.review(.commitmentContradicted, subject: before.destination.rawValue))
    }
  }

  /// A complete query did not find it.
  private mutating func miss(_ index: Int, policy: QueryPolicy, now: Timestamp) {
    effects.append(.tell(event(.instanceNotFound, of: deliveries[index], at: now)))
    guard deliveries[index].state == .sent else {
      return takeBack(index, text: "no longer found by query", policy: policy, now: now)
    }
    deliveries[index].firstAskedAt = deliveries[index].firstAskedAt ?? now
    deliveries[index].asks += 1
    deliveries[index].failedAsks += 1
    deliveries[index].lastError = nil
    let (count, resends) = (deliveries[index].failedAsks, deliveries[index].resends)
    let text = "not found by \(count) \(count == 1 ? "query" : "queries")"
    guard count >= policy.resendAfter else {
      deliveries[index].move(.notFound)
      deliveries[index].notBefore = now + policy.wait(afterQuery: deliveries[index].asks)
      deliveries[index].reason = text
      return
    }
    if !instance.state.hasFile {
      fail(index, reason: Consignment.damaged, message: text, now: now)
    } else if resends < policy.maxResends {
      deliveries[index].move(.missingAfterQueries)
      deliveries[index].resends += 1
      deliveries[index].notBefore = now + policy.resendWait(after: resends)
      deliveries[index].reason = "\(text): sent again"
    } else {
      fail(index, reason: Consignment.notFoundByQuery, message: "\(text), sent again \(resends) times", now: now)
    }
  }

  /// What was found is not there any more.
  private mutating func takeBack(_ index: Int, text: String, policy: QueryPolicy, now: Timestamp) {
    deliveries[index].contradicted = true
    deliveries[index].reason = text
    deliveries[index].notBefore = nil
    if [.purging, .purged, .discarded].contains(instance.state) {
      instance.reason = "\(deliveries[index].destination): \(text)"
    } else {
      // With the same limit as any sending again.
      let resends = deliveries[index].resends
      let sendsAgain = instance.state.hasFile && resends < policy.maxResends
      deliveries[index].move(sendsAgain ? .contradictedResend : .contradictedAskAgain)
      if sendsAgain { deliveries[index].resends += 1 }
      deliveries[index].notBefore = now + (sendsAgain ? policy.resendWait(after: resends) : policy.wait(afterQuery: 1))
      deliveries[index].staleAt = nil
    }
    tellContradiction(index, text: text, now: now)
  }
}

extension Delivery {
  /// What was found is asked for once more, at once.
  mutating func doubt(now: Timestamp) { notBefore = now }
}

extension EscrowEvent {
  /// A destination has not been found to have what it was sent, for too long.
  package static func queryOverdue(_ destination: PeerName, since: Timestamp, at now: Timestamp) -> EscrowEvent {
    EscrowEvent(
      .commitmentOverdue, at: now, destination: destination, reason: "not found by query since \(since.rfc3339)")
  }
}

extension Alarm {
  /// A destination has not been found to have what it was sent, for too long.
  package static func queryOverdue(_ destination: PeerName, since: Timestamp, at now: Timestamp) -> Alarm {
    Alarm(
      .queryOverdue, subject: destination.rawValue, since: now, text: "not found by query since \(since.rfc3339)")
  }

  /// A destination refuses to be queried.
  package static func queryRefused(_ destination: PeerName, message: String, at now: Timestamp) -> Alarm {
    Alarm(
      .queryRefused, subject: destination.rawValue, since: now,
      text:
        "\(message); a route that sends there can ask for another `proof`, or the peer can say in `query` who answers")
  }
}
