import EscrowConfiguration
import EscrowCore
import Logging

/// Forgets what is on record of copies that are gone for longer than `ledger.keepRecord`, in small steps: who
/// writes waits for one at the most.
struct RecordRetention: Sendable {
  let context: EngineContext
  /// Between two steps that had something to do, so that they take a part of the disk's time only.
  var pause = Duration.milliseconds(25)

  /// Rows that one step looks at.
  static let batch = 50

  /// Goes once through the record, and forgets all whose time is over.
  func forgetDue() async throws {
    var position: RecordPosition? = .start
    var (instances, others) = (0, 0)
    while let current = position, !context.isDraining, !Task.isCancelled {
      let now = try await context.clockGuard.review(in: context)
      let term = RecordTerm(keeping: context.settings.ledger.keepRecord, now: now)
      let step = try await context.ledger.forget(term, from: current, limit: Self.batch)
      position = step.next
      instances += step.instances
      others += step.others
      if step.instances + step.others > 0, pause > .zero { try await Task.sleep(for: pause) }
    }
    guard instances + others > 0 else { return }
    context.logger.info(
      "forgot \(instances) instances whose copies went more than \(context.settings.ledger.keepRecord.text) ago, and \(others) other records"
    )
  }
}
