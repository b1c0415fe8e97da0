import EscrowConfiguration
import DICOM
import EscrowCore
import EscrowSpool
import Logging
import NIOPosix

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
    try await PurgeService(context: context).finish(tickets)
    summary.purgesFinished = tickets.count
    let inventory = try context.spool.inventory()
    for path in inventory.unknown { context.logger.warning("not ours, left alone: \(path.escaped)") }
    var files = Set(inventory.files)
    try await compare(&files, &summary)
    for file in files.sorted() { try await takeIn(file, &summary) }
    log(summary)
    return summary
  }

  /// Takes the files that the ledger expects out of `files`; what it expects and is not there is recorded.
  private func compare(_ files: inout Set<InstanceID>, _ summary: inout Summary) async throws {
    var last: InstanceID?
    while true {
      let expected = try await context.ledger.files(after: last, limit: 1000)
      guard let end = expected.last else { return }
      for entry in expected where files.remove(entry.file) == nil && entry.state.hasFile {
        try await context.ledger.recordMissingFile(entry.instance, now: context.clock.now())
        summary.missing += 1
      }
      last = end.file
    }
  }

  /// A file without a row: whole ones go through admission again, others were never acknowledged.
  private func takeIn(_ file: InstanceID, _ summary: inout Summary) async throws {
    guard let instance = try await readable(file) else {
      try context.spool.moveToOrphans(file)
      summary.orphans += 1
      return
    }
    switch try await Admissions(context: context, dropsRefused: false).admit(
      instance.admission(by: context.settings.routes))
    {
    case .admitted, .replaced: summary.admitted += 1
    case .known, .looped: summary.removed += 1
    }
  }

  /// The instance in a whole file; nil when the file is not whole, cannot be read, or would have been refused.
  private func readable(_ file: InstanceID) async throws -> ReceivedInstance? {
    do {
      return try await context.pool.runIfActive { try read(file) }
    } catch let error as SpoolError where error.isLoss {
      context.logger.warning("a file without a record cannot be read: \(error)")
      return nil
    }
  }

  private func read(_ file: InstanceID) throws -> ReceivedInstance? {
    let transferSyntax = try context.spool.open(file).record.transferSyntax
    let observer = HeaderObserver(
      transferSyntax: transferSyntax, wanted: ReceivedInstance.wantedTags(for: context.settings.routes))
    guard case .complete(let record) = try context.spool.inspect(file, observer: observer) else { return nil }
    let header = observer.finish()
    guard StoreRefusal.of(header, sop: record.sop) == nil else { return nil }
    return ReceivedInstance(
      id: file, sop: record.sop, transferSyntax: record.transferSyntax, source: record.source,
      receivedAt: record.receivedAt, dataSetLength: record.dataSetLength, digest: record.digest, header: header,
      recovered: true)
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
