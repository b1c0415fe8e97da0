import DICOM
import EscrowCore
import EscrowEngine

/// The body of `POST /api/v1/destinations/{name}/{drain|resume|repoint|retire}`.
package struct DestinationRequestBody: Codable, Sendable {
  /// Where its deliveries are to go; of `repoint`.
  package var to: String?
  package var reason: String?
  package var dryRun: Bool?
  /// Refused with 409 when another number matches.
  package var expect: Int?

  static let orderKeys: Set = ["reason", "dryRun", "expect"]

  package init(to: String? = nil, reason: String? = nil, dryRun: Bool? = nil, expect: Int? = nil) {
    self.to = to
    self.reason = reason
    self.dryRun = dryRun
    self.expect = expect
  }

  /// The reason, which the record must have.
  func mandatoryReason() throws(ProblemDetails) -> String {
    guard let reason = try ResumeBody.checked(reason) else { throw .reasonNeeded }
    return reason
  }

  func order() throws(ProblemDetails) -> BulkOrder {
    BulkOrder(
      actor: OperatorRoutes.actor, reason: try mandatoryReason(), expect: expect, dryRun: dryRun ?? false)
  }
}

/// The answer to `drain` and `resume`.
package struct DestinationStopBody: Codable, Sendable {
  package var name: String
  /// Why nothing is sent to it; null when it is.
  @OrNull package var stop: StopBody?
}

/// The answer to `repoint` and `retire`: what became of its deliveries, and the routes that send to it still.
package struct DestinationChangeBody: Codable, Sendable {
  package var matched: Int
  package var changed: Int
  package var skipped: [BulkResultBody.Skipped]
  package var routes: [String]

  init(_ result: BulkResult<DeliveryID>, routes: [String]) {
    let body = BulkResultBody(result)
    matched = body.matched
    changed = body.changed
    skipped = body.skipped
    self.routes = routes
  }
}

/// `GET /api/v1/destinations/{name}`: how it is and what waits for it.
package struct DestinationQueueBody: Codable, Sendable {
  package var name: String
  /// Null when it is no peer with host and port any more.
  @OrNull package var destination: DestinationBody?
  /// The routes that send to it.
  package var routes: [String]
  /// Those that wait longest first.
  package var studies: [WaitingStudyBody]
  /// How many studies there are besides those in ``studies``.
  package var moreStudies: Int
  /// Whether all that waits was looked at; of each state at most 10,000 deliveries are.
  package var isComplete: Bool

  static let examined = 10_000

  init(
    _ name: PeerName, _ destination: DestinationBody?, routes: [String], _ waiting: WaitingStudies,
    reason: String?, limit: Int
  ) {
    self.name = name.rawValue
    self.routes = routes
    let all = waiting.oldestFirst
    studies = all.prefix(limit).map { WaitingStudyBody($0, queuedFor: reason) }
    moreStudies = max(all.count - limit, 0)
    isComplete = waiting.isComplete
    self.destination = destination
  }
}

/// What of one study waits for a destination.
package struct WaitingStudyBody: Codable, Sendable {
  /// The SOP Instance UID where no study is known.
  package var studyInstanceUID: String
  package var oldestReceivedAt: String
  package var bytes: Int64
  /// How many deliveries are in which state.
  package var deliveries: [String: Int]
  /// Why they wait, those of most first, at most five.
  package var reasons: [ReasonBody]

  package struct ReasonBody: Codable, Sendable {
    package var reason: String
    package var deliveries: Int
  }

  /// - Parameter queuedFor: why nothing at all is sent there.
  init(_ study: WaitingStudy, queuedFor reason: String?) {
    studyInstanceUID = study.key.rawValue
    oldestReceivedAt = study.oldest.rfc3339
    bytes = study.bytes
    deliveries = Dictionary(uniqueKeysWithValues: study.states.map { ($0.rawValue, $1) })
    var study = study
    let told = study.reasons.values.reduce(0, +)
    let others = min(study.states.values.reduce(0, +) - told, study.states[.queued] ?? 0)
    if let reason, others > 0 { study.reasons[reason] = others }
    let sorted = study.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    reasons = sorted.prefix(5).map { ReasonBody(reason: $0.key, deliveries: $0.value) }
  }
}

/// The body of `POST /api/v1/maintenance`.
package struct MaintenanceRequestBody: Codable, Sendable {
  package var on: Bool
  package var reason: String?

  static let keys: Set = ["on", "reason"]

  package init(on: Bool, reason: String?) {
    self.on = on
    self.reason = reason
  }
}

/// Whether the router is in maintenance.
package struct MaintenanceBody: Codable, Sendable {
  package var on: Bool
  /// Who began it, and why; null when it is not.
  @OrNull package var text: String?
  @OrNull package var since: String?

  init(_ alarm: Alarm?) {
    on = alarm != nil
    text = alarm?.text
    since = alarm?.since.rfc3339
  }
}
