import EscrowCore
import EscrowTesting

/// Answers an admission while it is on its way.
struct EarlyAnswers: ForwardingLedger {
  let ledger: any Ledger

  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    // Nobody waits for it: that is the fault.
    Task.detached { [ledger] in try await ledger.admit(admission, now: now) }
    return .admitted(conflicted: false)
  }
}
