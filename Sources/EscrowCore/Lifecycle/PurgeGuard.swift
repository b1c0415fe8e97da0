/// The conditions under which the only copy here may be deleted.
///
/// A ledger keeps the moment as a hint for finding candidates, and checks all conditions again in the guarded
/// change itself.
package enum PurgeGuard {
  /// When `consignment` may be purged; nil when something other than time stands against it.
  ///
  /// A conflicted instance never may: commitment speaks of UIDs, not of content, so no report says which of the
  /// contents is safe. That holds for each of the contents, the first as well.
  package static func due(_ consignment: Consignment) -> Timestamp? {
    let instance = consignment.instance
    guard instance.state == .settled, !instance.conflicted, let settledAt = instance.settledAt,
      case .after(let retention) = instance.retention, Standing(of: consignment.deliveries).isSafe
    else { return nil }
    return settledAt + retention
  }
}
