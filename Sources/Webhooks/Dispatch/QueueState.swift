import EscrowCore

/// What a queue knows besides the ledger; a restart forgets it.
struct QueueState {
  /// Tasks that are being sent or whose try is not yet recorded.
  private(set) var inFlight: Set<Int64> = []
  var health = EndpointHealth()
  var isStopping = false

  /// What the queue does next.
  enum Step: Equatable {
    /// Ask the ledger for `limit` tasks and start at most `room` of those that are not in `inFlight`.
    case fetch(limit: Int, room: Int, inFlight: Set<Int64>)
    /// Wait for a request to end.
    case waitForRoom
    /// The endpoint is let alone for a while.
    case waitUntil(Timestamp)
    case stop
  }

  func step(at now: Timestamp) -> Step {
    if isStopping { return .stop }
    let room = health.limit - inFlight.count
    guard room > 0 else { return .waitForRoom }
    if let notBefore = health.notBefore, notBefore > now { return .waitUntil(notBefore) }
    return .fetch(limit: inFlight.count + room, room: room, inFlight: inFlight)
  }

  mutating func began(_ tasks: [WebhookTask]) { inFlight.formUnion(tasks.map(\.id)) }

  mutating func ended(_ task: WebhookTask) { inFlight.remove(task.id) }
}
