import EscrowCore
import NIOConcurrencyHelpers

/// A ledger in memory that behaves as the durable ones do.
///
/// What is durable is decided by `commit`: it is given the new record after each verb, before the verb returns. If it
/// throws, nothing was changed and the verb throws its error. To continue after a crash, make a new ledger from the
/// record that `commit` kept.
package final class MemoryLedger: Ledger {
  private let record: NIOLockedValueBox<MemoryRecord>
  private let commit: (@Sendable (MemoryRecord) throws -> Void)?

  /// Begins with what is on `record`, as a new process would.
  package init(
    _ record: MemoryRecord = MemoryRecord(), commit: (@Sendable (MemoryRecord) throws -> Void)? = nil
  ) {
    var opened = record
    opened.beginIncarnation()
    self.record = NIOLockedValueBox(opened)
    self.commit = commit
  }

  /// Everything on record now.
  package var snapshot: MemoryRecord { record.withLockedValue { $0 } }

  /// Runs verbs of the record as one transaction: all of them, or when something throws none.
  package func perform<R>(_ body: (inout MemoryRecord) throws -> R) throws -> R {
    try record.withLockedValue { record in
      var changed = record
      let result = try body(&changed)
      try commit?(changed)
      record = changed
      return result
    }
  }

  /// Runs queries on the record as it stands.
  package func read<R>(_ body: (MemoryRecord) throws -> R) rethrows -> R {
    try record.withLockedValue { try body($0) }
  }
}
