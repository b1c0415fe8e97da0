/// The ledger's verbs for telling endpoints what happened, at least once.
package protocol WebhookOutbox: Sendable {
  /// Says which endpoints get rows for which events from now on. Rows of endpoints no longer named are kept.
  func subscribe(_ endpoints: [EndpointSubscription], now: Timestamp) async throws

  /// The events due for an endpoint, oldest first, at most `limit`; nothing is marked.
  func dueWebhooks(_ endpoint: String, limit: Int, now: Timestamp) async throws -> WebhookBatch

  /// Records how tries to tell an endpoint ended.
  func recordWebhooks(_ tries: [WebhookTry], now: Timestamp) async throws

  /// Puts what was dead-lettered for an endpoint back, tried as if for the first time: all of it, or the messages that
  /// are named. Returns how many.
  func replayWebhooks(_ endpoint: String, messageIDs: Set<String>?, now: Timestamp) async throws -> Int

  /// Enables or disables an endpoint; disabling dead-letters what waits for it.
  func setEndpoint(_ endpoint: String, disabled reason: String?, now: Timestamp) async throws
}

/// How an endpoint answered a `ping`.
package struct WebhookPing: Sendable, Equatable {
  /// The HTTP status; nil when there was no response.
  package var status: Int?
  /// Why there was none.
  package var error: String?
  package var seconds: Double

  package init(status: Int?, error: String? = nil, seconds: Double) {
    self.status = status
    self.error = error
    self.seconds = seconds
  }

  /// Whether the endpoint takes what it is told.
  package var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }
}

/// Which events an endpoint is told.
package struct EndpointSubscription: Sendable, Equatable {
  package var name: String
  /// A changed URL enables a disabled endpoint again.
  package var url: String
  package var events: Set<EventKind>

  package init(name: String, url: String, events: Set<EventKind>) {
    self.name = name
    self.url = url
    self.events = events
  }
}

/// One event for one endpoint.
package struct WebhookTask: Sendable, Equatable {
  /// Row of the outbox, unique over all endpoints.
  package var id: Int64
  /// The `webhook-id`, the same at every try.
  package var messageID: String
  package var endpoint: String
  package var event: RecordedEvent
  /// Tries so far.
  package var tries: Int
  package var firstTryAt: Timestamp?
  /// The patient's ID, for endpoints that may have it.
  package var patientID: String?

  package init(
    id: Int64, messageID: String, endpoint: String, event: RecordedEvent, tries: Int, firstTryAt: Timestamp?,
    patientID: String?
  ) {
    self.id = id
    self.messageID = messageID
    self.endpoint = endpoint
    self.event = event
    self.tries = tries
    self.firstTryAt = firstTryAt
    self.patientID = patientID
  }
}

extension WebhookTask {
  /// A new `webhook-id`: never used before, also not by a copy of this ledger that was put back.
  package static func newMessageID() -> String {
    "msg_" + Digest(high: .random(in: .min ... .max), low: .random(in: .min ... .max)).description
  }
}

package struct WebhookBatch: Sendable, Equatable {
  package var tasks: [WebhookTask]
  /// When the next one becomes due; nil when none waits.
  package var nextDue: Timestamp?

  package init(tasks: [WebhookTask], nextDue: Timestamp?) {
    self.tasks = tasks
    self.nextDue = nextDue
  }
}

/// How one try to tell an endpoint ended.
package struct WebhookTry: Sendable, Equatable {
  package var task: Int64
  /// The HTTP status, if there was a response.
  package var status: Int?
  package var error: String?
  package var seconds: Double
  package var next: Next

  package enum Next: Sendable, Equatable {
    case done
    case again(at: Timestamp)
    case deadLetter
  }

  package init(task: Int64, status: Int?, error: String?, seconds: Double, next: Next) {
    self.task = task
    self.status = status
    self.error = error
    self.seconds = seconds
    self.next = next
  }
}

package struct EndpointStatus: Sendable, Equatable {
  package var name: String
  package var url: String
  /// Why it is disabled; nil when it is enabled.
  package var disabled: String?
  package var pending: Int
  package var deadLettered: Int
  package var lastStatus: Int?
  package var lastAt: Timestamp?

  package init(
    name: String, url: String, disabled: String?, pending: Int, deadLettered: Int, lastStatus: Int?, lastAt: Timestamp?
  ) {
    self.name = name
    self.url = url
    self.disabled = disabled
    self.pending = pending
    self.deadLettered = deadLettered
    self.lastStatus = lastStatus
    self.lastAt = lastAt
  }
}

/// One line of an endpoint's delivery log.
package struct WebhookLogEntry: Sendable, Equatable {
  package var messageID: String
  package var kind: EventKind
  package var state: State
  package var tries: Int
  package var lastStatus: Int?
  package var lastError: String?
  package var lastAt: Timestamp?
  package var nextAt: Timestamp?

  package enum State: String, Sendable, Codable {
    case pending
    case delivered
    case deadLettered
  }

  package init(
    messageID: String, kind: EventKind, state: State, tries: Int, lastStatus: Int?, lastError: String?,
    lastAt: Timestamp?, nextAt: Timestamp?
  ) {
    self.messageID = messageID
    self.kind = kind
    self.state = state
    self.tries = tries
    self.lastStatus = lastStatus
    self.lastError = lastError
    self.lastAt = lastAt
    self.nextAt = nextAt
  }
}
