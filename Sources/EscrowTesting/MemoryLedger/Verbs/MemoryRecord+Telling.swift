package import EscrowCore

extension MemoryRecord {
  /// As ``WebhookOutbox/subscribe(_:now:)``.
  package mutating func subscribe(_ endpoints: [EndpointSubscription], now: Timestamp) {
    subscribers = [:]
    for endpoint in endpoints {
      if let known = knownEndpoints[endpoint.name], known.url != endpoint.url, known.disabled != nil {
        knownEndpoints[endpoint.name]?.disabled = nil
        clear(.webhookDisabled, subject: endpoint.name, event: nil)
      }
      knownEndpoints[
        endpoint.name,
        default: EndpointStatus(
          name: endpoint.name, url: endpoint.url, disabled: nil, pending: 0, deadLettered: 0, lastStatus: nil,
          lastAt: nil)
      ].url = endpoint.url
      for kind in endpoint.events where kind.isPublic { subscribers[kind, default: []].insert(endpoint.name) }
    }
  }

  /// As ``WebhookOutbox/recordWebhooks(_:now:)``.
  package mutating func recordWebhooks(_ tries: [WebhookTry], now: Timestamp) {
    for attempt in tries {
      guard let index = outbox.firstIndex(where: { $0.id == attempt.task }),
        outbox[index].record(attempt, now: now)
      else { continue }
      knownEndpoints[outbox[index].endpoint]?.lastStatus = attempt.status
      knownEndpoints[outbox[index].endpoint]?.lastAt = now
    }
  }

  /// As ``WebhookOutbox/replayWebhooks(_:messageIDs:now:)``.
  package mutating func replayWebhooks(_ endpoint: String, messageIDs: Set<String>?, now: Timestamp) -> Int {
    var replayed = 0
    for index in outbox.indices where outbox[index].endpoint == endpoint && outbox[index].state == .deadLettered {
      guard messageIDs?.contains(outbox[index].messageID) ?? true else { continue }
      outbox[index].state = .pending
      outbox[index].tries = 0
      outbox[index].firstTryAt = nil
      outbox[index].nextAt = now
      replayed += 1
    }
    return replayed
  }

  /// As ``WebhookOutbox/setEndpoint(_:disabled:now:)``.
  package mutating func setEndpoint(_ endpoint: String, disabled reason: String?, now: Timestamp) {
    knownEndpoints[endpoint]?.disabled = reason
    guard let reason else { return clear(.webhookDisabled, subject: endpoint, event: nil) }
    raise(.webhookDisabled(endpoint, reason: reason, at: now), event: nil)
    for index in outbox.indices where outbox[index].endpoint == endpoint && outbox[index].state == .pending {
      outbox[index].state = .deadLettered
      outbox[index].nextAt = nil
      outbox[index].lastError = reason
    }
  }
}

extension MemoryMessage {
  /// Takes how a try ended; false when that does not count. What was dead-lettered while it was being tried counts if
  /// it succeeded; else it stays so.
  fileprivate mutating func record(_ attempt: WebhookTry, now: Timestamp) -> Bool {
    guard state == .pending || state == .deadLettered && attempt.next == .done else { return false }
    switch attempt.next {
    case .done: (state, nextAt) = (.delivered, nil)
    case .again(let at): (state, nextAt) = (.pending, at)
    case .deadLetter: (state, nextAt) = (.deadLettered, nil)
    }
    tries += 1
    firstTryAt = firstTryAt ?? now
    lastStatus = attempt.status
    lastError = attempt.error
    lastAt = now
    return true
  }
}
