import Logging
import EscrowCore
import EscrowSpool

/// Takes durable instances into the ledger and wakes whoever has something to do with them.
struct Admissions: Sendable {
  let context: EngineContext

  /// Returns when instance, deliveries and events are durable: now the sender may be told success.
  ///
  /// When the ledger refuses, the file goes and the error is thrown; but when nobody knows whether the row is durable,
  /// the file stays for recovery to judge. When the ledger already has these bytes, the new file goes; should that
  /// fail, recovery will find and drop it.
  @discardableResult
  func admit(_ admission: Admission) async throws -> AdmissionResult {
    let result: AdmissionResult
    do {
      result = try await context.ledger.admit(admission, now: context.clock.now())
    } catch let error as LedgerError {
      if case .syncFailed = error { throw error }
      await drop(admission.id)
      throw error
    } catch {
      await drop(admission.id)
      throw error
    }
    switch result {
    case .admitted, .replaced: break
    case .known, .looped: await drop(admission.id)
    }
    context.wakeQueues(of: admission.plan.deliveries.map(\.destination))
    context.wakeFollowers()
    return result
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
