import DICOM
import EscrowCore
import NIOConcurrencyHelpers

/// What a destination was found to take nothing of, so that not each instance is offered to be refused.
///
/// Known until somebody releases what waits, or the process ends; then the next instance is offered again.
final class ClassHolds: Sendable {
  private struct Kind: Hashable {
    let classUID: UID
    /// Nil for the class in any transfer syntax.
    let transferSyntax: UID?
  }

  private let kinds = NIOLockedValueBox<[Kind: ClassHold]>([:])

  func note(_ cause: ClassHold, of claim: Claim) {
    let syntax = cause == .transferSyntaxNotAccepted ? claim.transferSyntax : nil
    kinds.withLockedValue { $0[Kind(classUID: claim.sop.classUID, transferSyntax: syntax)] = cause }
  }

  /// Why nothing like this is offered; nil when it is.
  func cause(against claim: Claim) -> ClassHold? {
    let classUID = claim.sop.classUID
    return kinds.withLockedValue {
      $0[Kind(classUID: classUID, transferSyntax: nil)]
        ?? $0[Kind(classUID: classUID, transferSyntax: claim.transferSyntax)]
    }
  }

  /// The next of each kind is offered again.
  func forget() { kinds.withLockedValue { $0 = [:] } }
}
