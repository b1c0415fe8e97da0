package import DICOM

/// What takes the spool's room, and what would give it back.
package struct SpaceOverview: Sendable, Equatable {
  /// Studies of which something waits, those that wait longest first.
  package var longestWaiting: [KeptStudy] = []
  /// Studies whose copies take most.
  package var largest: [KeptStudy] = []
  package var decisions: [Decision: Freed] = [:]

  package init() {}

  /// What people could decide.
  package enum Decision: Hashable, Sendable {
    /// Let go now what is proved safe and waits for its retention only.
    case endRetention
    /// Discard what no route took or a route holds.
    case discardHeld
    /// Discard what is damaged.
    case discardDamaged
    /// Confirm what was rebuilt or restored.
    case confirm
    /// Waive a destination that is the only one not to have proved.
    case waive(PeerName)
  }

  /// What a decision would free.
  package struct Freed: Sendable, Equatable {
    package var instances: Int
    /// Of the data sets.
    package var bytes: Int64
    /// Whether there is more than was looked at.
    package var isAtLeast: Bool

    package init(instances: Int, bytes: Int64, isAtLeast: Bool = false) {
      self.instances = instances
      self.bytes = bytes
      self.isAtLeast = isAtLeast
    }
  }
}

/// The copies of a study that are kept.
package struct KeptStudy: Sendable, Equatable {
  /// The study, or the SOP Instance UID where none is known.
  package var key: UID
  package var instances: Int
  package var bytes: Int64
  /// When the first of what waits was received; nil when that was not asked.
  package var waitsSince: Timestamp?

  package init(key: UID, instances: Int, bytes: Int64, waitsSince: Timestamp? = nil) {
    self.key = key
    self.instances = instances
    self.bytes = bytes
    self.waitsSince = waitsSince
  }
}
