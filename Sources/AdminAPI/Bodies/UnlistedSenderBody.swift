import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine

/// Somebody who wanted to send and was not let, as `GET /api/v1/sources/unlisted` lists it.
package struct UnlistedSenderBody: Codable, Sendable {
  package var callingAE: String
  package var address: String
  package var calledAE: String
  package var firstAt: String
  package var lastAt: String
  package var attempts: Int
  package var reason: String
  /// What it proposed to send the last time: keywords of SOP classes (PS3.6), or UIDs where there is none.
  package var proposed: [String]
  @OrNull package var implementation: String?

  init(_ sender: UnlistedSender) {
    callingAE = sender.callingAE.rawValue
    address = sender.address
    calledAE = sender.calledAE.rawValue
    firstAt = sender.firstAt.rfc3339
    lastAt = sender.lastAt.rfc3339
    attempts = sender.attempts
    reason = sender.reason
    proposed = sender.proposed.map { SOPClass.keyword(of: $0) ?? $0.rawValue }
    implementation = sender.implementation
  }

  /// Those who would not be let now either, the latest first.
  static func all(_ context: EngineContext) async throws -> [UnlistedSenderBody] {
    try await context.unlisted.record(in: context.ledger, now: context.clock.now())
    let rules = context.rules
    return try await context.ledger.unlistedSenders().filter { !rules.mayStore($0) }.map { UnlistedSenderBody($0) }
  }
}

extension Rules {
  /// Whether somebody who was not let would be by these rules.
  fileprivate func mayStore(_ sender: UnlistedSender) -> Bool {
    let caller = peers.caller(sender.callingAE, at: sender.address)
    return peers.rights(of: caller).contains(.store) && settings.isCalled(sender.calledAE)
  }
}
