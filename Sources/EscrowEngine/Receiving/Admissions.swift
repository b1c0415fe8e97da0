import EscrowCore
import EscrowSpool
import Logging

/// Takes durable instances into the ledger and wakes whoever has something to do with them.
struct Admissions: Sendable {
  let context: EngineContext
  /// Whether a file goes when the ledger refuses it: not at recovery, where nobody can send it again.
  var dropsRefused = true

  /// Returns when instance, deliveries and events are durable: now the sender may be told success.
  ///
  /// When the ledger refuses, the file goes and the error is thrown; but when nobody knows whether the row is durable,
  /// the file stays for recovery to judge. When the ledger already has these bytes and their file is whole, the new
  /// file goes; should that fail, recovery will find and drop it.
  @discardableResult
  func admit(_ admission: Admission) async throws -> AdmissionResult {
    var admission = admission
    var result = try await enter(admission)
    if case .known(let earlier) = result, try await !isWhole(earlier, insteadOf: admission.id) {
      admission.lost = [earlier]
      result = try await enter(admission)
    }
    switch result {
    case .admitted: break
    case .replaced(_, let old): if old != admission.id { await drop(old) }
    case .known, .looped: await drop(admission.id)
    }
    wake(admission, result)
    return result
  }

  private func enter(_ admission: Admission) async throws -> AdmissionResult {
    do {
      return try await context.ledger.admit(admission, now: context.clock.now())
    } catch {
      if dropsRefused, !error.isFailedSync { await drop(admission.id) }
      throw error
    }
  }

  /// Whether the file of an instance on record is there with all its bytes: only then the new file is one too many.
  /// When that cannot be found out, the new file goes as well, and its sender is not told success.
  private func isWhole(_ id: InstanceID, insteadOf file: InstanceID) async throws -> Bool {
    do {
      guard let instance = try await context.ledger.instance(id), instance.state.hasFile else { return true }
      try await context.pool.runIfActive {
        try context.spool.open(instance.file, dataSetLength: instance.dataSetLength, digest: instance.digest)
          .forEachChunk { _ in }
      }
      return true
    } catch let error as SpoolError where error.isLoss {
      context.logger.error("the same bytes came again and replace a lost file: \(error)")
      return false
    } catch {
      if dropsRefused { await drop(file) }
      throw error
    }
  }

  /// A repetition may have changed deliveries besides those that are planned now.
  private func wake(_ admission: Admission, _ result: AdmissionResult) {
    switch result {
    case .admitted: context.wakeQueues(of: admission.plan.deliveries.map(\.destination))
    case .known, .replaced, .looped: context.wakeDestinations()
    }
    context.wakeFollowers()
  }

  private func drop(_ file: InstanceID) async {
    do {
      try await context.spool.remove([file])
    } catch {
      context.logger.warning(
        "a file that is not needed could not be removed: \(error)", metadata: ["instance": "\(file)"])
    }
  }
}

extension Error {
  /// Whether nobody knows what of the ledger is durable.
  var isFailedSync: Bool {
    (self as? LedgerError)?.isFinal == true
  }
}
