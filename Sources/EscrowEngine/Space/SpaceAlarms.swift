import EscrowCore
import Logging
import NIOConcurrencyHelpers
import EscrowSpool

/// Looks after the space and tells people what changes: alarms, events, the log.
struct SpaceAlarms: Sendable {
  let context: EngineContext
  private let told = NIOLockedValueBox<[String: SpaceLevel]?>(nil)

  init(context: EngineContext) { self.context = context }

  /// Measures, and tells of every file system whose level is another than people were told last.
  func review() async throws {
    try await context.pool.runIfActive { context.space.look(at: context.clock.monotonic()) }
    let reports = context.space.reports
    if told.withLockedValue({ $0 }) == nil { try await clearForgotten(reports) }
    for report in reports {
      let before = told.withLockedValue { $0?[report.path] }
      guard report.level != before else { continue }
      try await tell(report, isNews: before != nil || report.level != .enough)
      told.withLockedValue { $0?[report.path] = report.level }
    }
  }

  /// Ends what an earlier run raised of file systems that are not ours any more.
  private func clearForgotten(_ reports: [SpaceWatch.Report]) async throws {
    let ours = Set(reports.map(\.path))
    let open = try await context.ledger.alarms(of: [.storageLow, .storageFull])
    for alarm in open where !ours.contains(alarm.subject) {
      try await context.ledger.clear(alarm.kind, subject: alarm.subject, event: nil)
    }
    told.withLockedValue { $0 = [:] }
  }

  private func tell(_ report: SpaceWatch.Report, isNews: Bool) async throws {
    let text = "the \(report.content)'s file system: \(report.reason ?? "there is room again")"
    if isNews {
      context.logger.warning("disk space: \(report.level.name): \(text)", metadata: ["path": "\(report.path)"])
    }
    // An alarm of the last run may be open still, or its cause over.
    try await note(.storageLow, .storageLow, report, holds: report.level >= .low, text: text)
    try await note(.storageFull, .storageFull, report, holds: report.level == .full, text: text)
    context.webhooks()
  }

  private func note(
    _ kind: AlarmKind, _ event: EventKind, _ report: SpaceWatch.Report, holds: Bool, text: String
  ) async throws {
    let now = context.clock.now()
    if holds {
      try await context.ledger.raise(
        Alarm(kind, subject: report.path, since: now, text: text), event: EscrowEvent(event, at: now, reason: text))
    } else {
      try await context.ledger.clear(kind, subject: report.path, event: nil)
    }
  }
}
