import EscrowCore

/// An endpoint, as `GET /api/v1/webhooks` lists it.
package struct WebhookEndpointBody: Codable, Sendable {
  package var name: String
  package var url: String
  /// `enabled` or `disabled`.
  package var state: String
  @OrNull package var reason: String?
  package var pending: Int
  package var deadLettered: Int
  @OrNull package var lastStatus: Int?
  @OrNull package var lastAt: String?

  init(_ status: EndpointStatus) {
    name = status.name
    url = status.url
    state = status.disabled == nil ? "enabled" : "disabled"
    reason = status.disabled
    pending = status.pending
    deadLettered = status.deadLettered
    lastStatus = status.lastStatus
    lastAt = status.lastAt?.rfc3339
  }
}

/// One event for one endpoint, as `GET /api/v1/webhooks/{name}/deliveries` lists it.
package struct WebhookDeliveryBody: Codable, Sendable {
  package var id: String
  package var type: String
  /// `pending`, `delivered` or `deadLettered`.
  package var state: String
  package var tries: Int
  @OrNull package var lastStatus: Int?
  @OrNull package var lastError: String?
  @OrNull package var lastAt: String?
  @OrNull package var nextAt: String?

  init(_ entry: WebhookLogEntry) {
    id = entry.messageID
    type = entry.kind.rawValue
    state = entry.state.rawValue
    tries = entry.tries
    lastStatus = entry.lastStatus
    lastError = entry.lastError
    lastAt = entry.lastAt?.rfc3339
    nextAt = entry.nextAt?.rfc3339
  }
}

/// What `POST /api/v1/webhooks/{name}/test` answers: how the receiver took a `ping`.
package struct WebhookPingBody: Codable, Sendable {
  /// Whether it answered 2xx.
  package var ok: Bool
  @OrNull package var status: Int?
  @OrNull package var error: String?
  package var seconds: Double

  init(_ ping: WebhookPing) {
    ok = ping.isSuccess
    status = ping.status
    error = ping.error
    seconds = ping.seconds
  }
}

/// The body of `POST /api/v1/webhooks/{name}/replay`.
package struct WebhookReplayBody: Codable, Sendable {
  /// The `webhook-id`s of dead letters; absent means all.
  package var ids: [String]?

  static let keys: Set = ["ids"]

  package init(ids: [String]? = nil) { self.ids = ids }
}

/// How many dead letters were put back.
package struct WebhookReplayedBody: Codable, Sendable {
  package var replayed: Int
}
