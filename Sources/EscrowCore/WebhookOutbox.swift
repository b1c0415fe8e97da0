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
