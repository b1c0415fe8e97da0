import EscrowConfiguration
import DICOM
import EscrowCore
import EscrowSpool
import Logging

/// Brings spool and ledger together after whatever happened, before any listener opens.
///
/// Every step may be repeated: a recovery that is killed recovers the next time.
package struct Recovery: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// What was found, for the log and for people.
  package struct Summary: Sendable, Equatable {
    package var purgesFinished = 0
    /// Files that were durable but not yet in the ledger: admitted now.
    package var admitted = 0
    /// Files that were never acknowledged: moved to `orphans/`.
    package var orphans = 0
    /// Rows whose file is gone.
    package var missing = 0
    /// Files whose instance is long over: removed.
    package var removed = 0
  }

  package func run() async throws -> Summary {
    var summary = Summary()
    let tickets = try await context.ledger.recover(now: context.clock.now())
    summary.purgesFinished = try await PurgeService(context: context).finish(tickets)
    let inventory = try context.spool.inventory()
    for path in inventory.unknown { context.logger.warning("not ours, left alone: \(path.escaped)") }
    // What is missing first: a file without a row may take its place.
    for file in try await compare(inventory.files, &summary) { try await takeIn(file, &summary) }
    log(summary)
    return summary
  }

  /// Records what the ledger expects and is not there; returns the files that it does not know of.
  private func compare(_ files: FileNames, _ summary: inout Summary) async throws -> FileNames {
    var comparison = FileComparison(files)
    let reason = try await reasonOfMissing()
    var last: InstanceID?
    while true {
      let expected = try await context.ledger.files(after: last, limit: 1000)
      guard let end = expected.last else { return comparison.finish() }
      for entry in comparison.missing(of: expected) where entry.state.hasFile {
        try await context.ledger.recordMissingFile(
          entry.instance, reason: reason, now: context.clock.now())
        summary.missing += 1
      }
      last = end.file
    }
  }

  /// What is said of an instance whose file is gone. After a backup was put back, that may be in order.
  private func reasonOfMissing() async throws -> String {
    let replaced = try await context.ledger.alarms(of: [.ledgerReplaced]).first
    return replaced.map { "file missing, or purged as safe since: \($0.text)" } ?? "file missing"
  }

  /// A file without a row: whole ones go through admission again, others were never acknowledged.
  private func takeIn(_ file: InstanceID, _ summary: inout Summary) async throws {
    let stray = StrayFile(id: file, spool: context.spool, routes: context.settings.routes)
    switch try await context.pool.runIfActive({ try stray.read() }) {
    case .unusable(let reason):
      context.logger.warning("a file without a record is put aside: \(reason)", metadata: ["instance": "\(file)"])
      try context.spool.moveToOrphans(file)
      summary.orphans += 1
    case .unreadable(let reason):
      context.logger.error("a file without a record stays until the next start: \(reason)")
    case .whole(let instance): try await admit(instance, &summary)
    }
  }

  private func admit(_ instance: ReceivedInstance, _ summary: inout Summary) async throws {
    let admission = instance.admission(by: context.rules)
    switch try await Admissions(context: context, dropsRefused: false).admit(admission) {
    case .admitted, .replaced: summary.admitted += 1
    case .known, .looped: summary.removed += 1
    }
  }

  private func log(_ summary: Summary) {
    guard summary != Summary() else { return }
    context.logger.notice(
      "recovered",
      metadata: [
        "admitted": "\(summary.admitted)", "orphans": "\(summary.orphans)", "missing": "\(summary.missing)",
        "purged": "\(summary.purgesFinished)", "removed": "\(summary.removed)",
      ])
  }
}
