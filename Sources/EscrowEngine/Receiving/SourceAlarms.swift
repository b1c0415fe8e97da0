import EscrowConfiguration
import EscrowCore
import Logging

/// Tells people of senders that are silent when they should not be, and of those that have used up their quota.
struct SourceAlarms: Sendable {
  let context: EngineContext

  /// Looks at every sender of which something is expected, or which has a quota.
  func review() async throws {
    let settings = context.settings
    try await context.sources.refresh { try await context.ledger.sources() }
    let open = try await context.ledger.alarms(of: [.sourceSilent, .sourceQuota])
    for peer in settings.peers.values.sorted(by: { $0.name < $1.name }) {
      let alarms = open.filter { $0.subject == peer.name.rawValue }
      if peer.intake.quota != nil || !alarms.isEmpty { try await reviewQuota(peer, alarms) }
      if peer.expect != nil || !alarms.isEmpty { try await reviewSilence(peer, alarms, timeZone: settings.timeZone) }
    }
    for alarm in open where settings.peers[PeerName(alarm.subject)] == nil {
      try await context.ledger.clear(alarm.kind, subject: alarm.subject, event: nil)
    }
  }

  private func reviewQuota(_ peer: Peer, _ open: [Alarm]) async throws {
    let isOpen = open.contains { $0.kind == .sourceQuota }
    let isOver = context.sources.isOver(peer)
    guard isOver != isOpen else { return }
    guard isOver else {
      return try await context.ledger.clear(.sourceQuota, subject: peer.name.rawValue, event: nil)
    }
    let text =
      "\(context.sources.bytes(of: peer.name)) bytes of \(peer.name) are here, its quota is "
      + "\(peer.intake.quota ?? 0): what it sends is refused until enough of it is committed and purged"
    try await raise(.sourceQuota, peer, text, event: nil)
  }

  /// Only the next instance ends it, not the end of its hours.
  private func reviewSilence(_ peer: Peer, _ open: [Alarm], timeZone: String) async throws {
    let now = context.clock.now()
    let heard = context.sources.heard(peer.name)
    if let alarm = open.first(where: { $0.kind == .sourceSilent }) {
      guard peer.expect == nil || heard.map({ $0 > alarm.since }) ?? false else { return }
      return try await context.ledger.clear(.sourceSilent, subject: peer.name.rawValue, event: nil)
    }
    guard let expected = peer.expect, context.sources.isSilent(peer, now: now, timeZone: timeZone) else { return }
    let last = heard.map { "its last came at \($0.rfc3339)" } ?? "none came since it is listened to"
    let seconds = Int(expected.silence.inSeconds)
    let silence = seconds < 60 ? "\(seconds) seconds" : "\(seconds / 60) minutes"
    let text = "no instance of \(peer.name) for \(silence) within its hours; \(last)"
    try await raise(.sourceSilent, peer, text, event: EscrowEvent(.sourceSilent, at: now, reason: text))
  }

  private func raise(_ kind: AlarmKind, _ peer: Peer, _ text: String, event: EscrowEvent?) async throws {
    context.logger.warning("\(kind.rawValue): \(text)", metadata: ["peer": "\(peer.name)"])
    try await context.ledger.raise(
      Alarm(kind, subject: peer.name.rawValue, since: context.clock.now(), text: text), event: event)
    context.webhooks()
  }
}
