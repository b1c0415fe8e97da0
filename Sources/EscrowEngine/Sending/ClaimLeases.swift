import EscrowCore
import NIOConcurrencyHelpers

/// The claims that this process works on, so that their leases can be renewed while it does.
package final class ClaimLeases: Sendable {
  private let held = NIOLockedValueBox<Set<ClaimKey>>([])

  package init() {}

  func hold(_ keys: [ClaimKey]) { held.withLockedValue { $0.formUnion(keys) } }

  func end(_ keys: [ClaimKey]) { held.withLockedValue { $0.subtract(keys) } }

  var current: [ClaimKey] { held.withLockedValue { Array($0) } }
}
