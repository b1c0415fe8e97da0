import EscrowSpool
import EscrowCore
import EscrowEngine

/// Gathers what `status` shows from the ledger and the destinations.
struct StatusReport: Sendable {
  let context: EngineContext

  /// Alarms of one kind that are shown: a disk that fails damages each instance.
  static let mostAlarms = 100

  func body() async throws -> StatusBody {
    let status = try await context.ledger.status()
    let found = try await context.ledger.alarms(of: Set(AlarmKind.allCases), limit: Self.mostAlarms + 1)
    let alarms = Dictionary(grouping: found, by: \.kind)
    let now = context.clock.now()
    let moment = context.clock.monotonic()
    var destinations: [String: DestinationBody] = [:]
    for destination in context.destinations.all {
      destinations[destination.name.rawValue] = Self.body(
        destination.health.current, backlog: status.backlogs[destination.name] ?? .init(), now: now,
        moment: moment)
      destinations[destination.name.rawValue]?.stop = context.stops[destination.name].map { StopBody($0) }
    }
    for (name, backlog) in status.backlogs where context.destinations[name] == nil && backlog.isOpen {
      destinations[name.rawValue] = Self.body(missing: backlog, now: now)
    }
    return StatusBody(
      instances: Self.counts(status.instances), deliveries: Self.counts(status.deliveries), destinations: destinations,
      spool: SpoolBody(bytes: status.bytes, freeBytes: context.space.reports.first?.usage?.freeBytes),
      disks: context.space.reports.map(DiskBody.init),
      alarms: alarms.values.flatMap { $0.prefix(Self.mostAlarms) }.sorted().map { AlarmBody($0) },
      moreAlarms: alarms.filter { $0.value.count > Self.mostAlarms }.keys.map(\.rawValue).sorted())
  }

  /// The destinations, by name.
  func destinations() async throws -> [NamedDestinationBody] {
    try await body().destinations.sorted { $0.key < $1.key }.map { NamedDestinationBody(name: $0, destination: $1) }
  }

  private static func body(
    _ health: DestinationHealth, backlog: LedgerStatus.Backlog, now: Timestamp, moment: MonotonicTime
  ) -> DestinationBody {
    let (name, nextProbe): (String, Timestamp?) =
      switch health.state {
      case .up: ("up", nil)
      case .probing: ("probing", nil)
      case .down(let until): ("down", now + until.since(moment))
      }
    return DestinationBody(
      health: name, reason: health.reason, queued: backlog.queued, sent: backlog.sent, requested: backlog.requested,
      failed: backlog.failed, oldestAgeSeconds: backlog.oldest.map { now.since($0).inSeconds },
      nextProbeAt: nextProbe?.rfc3339)
  }

  /// One that is not configured any more, and that deliveries wait for.
  private static func body(missing backlog: LedgerStatus.Backlog, now: Timestamp) -> DestinationBody {
    DestinationBody(
      health: "missing", reason: "no peer with host and port any more; what waits is kept", queued: backlog.queued,
      sent: backlog.sent, requested: backlog.requested, failed: backlog.failed,
      oldestAgeSeconds: backlog.oldest.map { now.since($0).inSeconds }, nextProbeAt: nil)
  }

  /// Every state with its number, zeros included.
  private static func counts<State: RawRepresentable<String> & CaseIterable & Hashable>(
    _ counts: [State: Int]
  ) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: State.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
  }
}

extension LedgerStatus.Backlog {
  /// Whether a delivery has not ended.
  fileprivate var isOpen: Bool { queued + sent + requested > 0 }
}
