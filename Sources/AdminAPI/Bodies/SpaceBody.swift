import DICOM
import EscrowCore

/// `GET /api/v1/space`.
package struct SpaceBody: Codable, Sendable {
  package var disks: [DiskBody]
  /// Studies of which something waits, those that wait longest first.
  package var longestWaiting: [KeptStudyBody]
  /// Studies whose copies take most.
  package var largest: [KeptStudyBody]
  /// What could be decided, what frees most first.
  package var decisions: [DecisionBody]

  /// Of each kind so many instances are looked at.
  static let examined = 20_000

  init(_ overview: SpaceOverview, disks: [DiskBody]) {
    self.disks = disks
    longestWaiting = overview.longestWaiting.map { KeptStudyBody($0) }
    largest = overview.largest.map { KeptStudyBody($0) }
    decisions = overview.decisions.map { DecisionBody($0, $1) }.sorted {
      ($0.bytes, $1.decision, $1.to ?? "") > ($1.bytes, $0.decision, $0.to ?? "")
    }
  }
}

/// The copies of a study that are kept.
package struct KeptStudyBody: Codable, Sendable {
  /// The SOP Instance UID where no study is known.
  package var studyInstanceUID: String
  package var instances: Int
  package var bytes: Int64
  @OrNull package var waitsSince: String?

  init(_ study: KeptStudy) {
    studyInstanceUID = study.key.rawValue
    instances = study.instances
    bytes = study.bytes
    waitsSince = study.waitsSince?.rfc3339
  }
}

/// Something that people could decide to make room.
package struct DecisionBody: Codable, Sendable {
  /// `endRetention`, `waive`, `confirm`, `discardHeld` or `discardDamaged`.
  package var decision: String
  /// The destination to waive; null for the others.
  @OrNull package var to: String?
  package var instances: Int
  package var bytes: Int64
  /// Whether there is more than was looked at.
  package var isAtLeast: Bool
  /// What it means, and how it is done.
  package var text: String

  init(_ decision: SpaceOverview.Decision, _ freed: SpaceOverview.Freed) {
    instances = freed.instances
    bytes = freed.bytes
    isAtLeast = freed.isAtLeast
    switch decision {
    case .endRetention:
      self.decision = "endRetention"
      text = "safe elsewhere, kept for its retention only: DELETE /studies/{id}, or a shorter purge in the routes"
    case .discardHeld:
      self.decision = "discardHeld"
      text = "held, without proof that it is anywhere else: escrow queue reroute, or discard"
    case .discardDamaged:
      self.decision = "discardDamaged"
      text = "damaged: have it sent again, or escrow queue discard"
    case .confirm:
      self.decision = "confirm"
      text = "rebuilt or restored: compare with the archive, then escrow queue confirm"
    case .waive(let name):
      self.decision = "waive"
      to = name.rawValue
      text = "safe at every destination but \(name): escrow queue cancel and waive --to \(name)"
    }
  }
}
