import NIOConcurrencyHelpers

/// Counts the connections of a listener, in all and by address.
final class AssociationSlots: Sendable {
  /// What a new connection may expect.
  enum Admission: Equatable {
    case free
    /// For those only who may take a reserved slot.
    case reserved
    /// To be read and rejected.
    case full
    /// To be closed unread.
    case none
  }

  private struct Count {
    var total = 0
    var byAddress: [String: Int] = [:]
  }

  private let limits: ListenerLimits
  private let count = NIOLockedValueBox(Count())

  init(limits: ListenerLimits) { self.limits = limits }

  /// Takes a slot, which must be left again unless the admission is `none`.
  func enter(_ address: String) -> Admission {
    count.withLockedValue { count in
      let fromAddress = count.byAddress[address, default: 0]
      guard count.total < limits.associations + max(1, limits.associations / 10),
        fromAddress < limits.associationsPerAddress
      else { return .none }
      let admission = admission(at: count.total)
      count.total += 1
      count.byAddress[address] = fromAddress + 1
      return admission
    }
  }

  func leave(_ address: String) {
    count.withLockedValue { count in
      count.total -= 1
      let left = count.byAddress[address, default: 1] - 1
      count.byAddress[address] = left == 0 ? nil : left
    }
  }

  /// Connections open now.
  var open: Int { count.withLockedValue(\.total) }

  private func admission(at total: Int) -> Admission {
    switch total {
    case ..<(limits.associations - limits.reserved): .free
    case ..<limits.associations: .reserved
    default: .full
    }
  }
}
