import DICOM
import EscrowCore
import EscrowTesting

/// A destination of the simulated network: what it has, and what is wrong with it at the moment.
struct TrafficPeer {
  /// What may be wrong for a while.
  enum Spell: CaseIterable, Sendable {
    case dead, rejecting, full, forbidding, slow, aborting, moody, refusingCommitment, silent, late, partial
    case contradicting, losing
    /// Ends in the middle of an instance, and is away.
    case vanishing
    /// Takes nothing of one class.
    case choosy
    /// Understands some of what it is offered, and never the rest.
    case stubborn
  }

  /// What becomes of an instance that it is offered.
  enum Answer: Sendable {
    case status(UInt16)
    /// The association ends; it has the instance, or not.
    case lost(taken: Bool)
  }

  var archive: SimulatedArchive
  /// What is wrong now; nothing when it does all it should.
  var spell: Spell? {
    didSet { hasVanished = false }
  }
  private var hasVanished = false

  init(_ name: PeerName) { archive = SimulatedArchive(name) }

  var acceptsAssociations: Bool { spell != .dead && spell != .rejecting && !hasVanished }

  /// Whether it takes nothing of a class at the moment, or ever.
  private func refuses(_ sopClass: UID) -> Bool {
    archive.name == "second" && sopClass == TrafficKind.unwantedClass
      || spell == .choosy && sopClass == TrafficKind.doubtfulClass
  }

  /// How long it takes over an instance.
  func delay(_ random: inout SeededGenerator) -> Duration {
    spell == .slow
      ? .seconds(Int.random(in: 5...200, using: &random)) : .milliseconds(Int.random(in: 20...900, using: &random))
  }

  /// Takes an instance, or not.
  mutating func store(_ sop: SOPInstance, _ digest: Digest, _ random: inout SeededGenerator) -> Answer {
    let percent = Int.random(in: 0..<100, using: &random)
    if acceptsAssociations, refuses(sop.classUID) { return .status(percent < 50 ? 0x0122 : 0xA800) }
    switch spell {
    case .full: return .status(percent < 80 ? 0xA700 : 0x0213)
    case .forbidding: return .status(0x0124)
    case .aborting where percent < 40:
      if percent < 20 { archive.take(sop.instanceUID, digest, discardsElements: false) }
      return .lost(taken: percent < 20)
    case .vanishing where !hasVanished:
      hasVanished = true
      if percent < 50 { archive.take(sop.instanceUID, digest, discardsElements: false) }
      return .lost(taken: percent < 50)
    case .stubborn where digest.low % 3 == 0: return .status(percent < 70 ? 0xC001 : 0x0110)
    case .dead, .rejecting, .vanishing: return .lost(taken: false)
    case .moody where percent < 50: return .status(Self.anyStatus(&random))
    default: return .status(0x0000)
    }
  }

  /// It has an instance, and says so; it may lose it at once.
  mutating func keep(_ uid: UID, _ digest: Digest, discarding: Bool, _ random: inout SeededGenerator) {
    archive.take(uid, digest, discardsElements: discarding)
    archive.acknowledge(uid, digest)
    if spell == .losing, Int.random(in: 0..<100, using: &random) < 30 { archive.lose(uid) }
  }

  /// Any that the table knows, or none knows.
  private static func anyStatus(_ random: inout SeededGenerator) -> UInt16 {
    guard let row = StoreStatus.table.randomElement(using: &random), Int.random(in: 0..<20, using: &random) > 0 else {
      return 0x0777
    }
    return UInt16.random(in: row.codes, using: &random)
  }

  /// After how long it reports by itself; nil when it does not.
  func reportDelay(_ random: inout SeededGenerator) -> Duration? {
    switch spell {
    case .silent, .dead, .vanishing: nil
    case .late: .minutes(Int.random(in: 5...600, using: &random))
    default: .seconds(Int.random(in: 1...40, using: &random))
    }
  }

  /// What it says of what it was asked for in its `index`-th request, as of now.
  mutating func report(
    _ index: Int, _ random: inout SeededGenerator
  ) -> (committed: [SOPInstance], failed: [FailedReference]) {
    let asked = archive.requests[index].references
    let named = spell == .partial ? asked.filter { _ in Int.random(in: 0..<100, using: &random) < 60 } : asked
    if spell == .contradicting, let one = named.randomElement(using: &random), Bool.random(using: &random) {
      archive.lose(one.instanceUID)
    }
    var kept: [SOPInstance] = []
    var failed: [FailedReference] = []
    for reference in named {
      let has = archive.has(reference.instanceUID)
      if has, spell != .partial || Int.random(in: 0..<100, using: &random) < 70 {
        kept.append(reference)
      } else {
        let doubts: [UInt16] = [0x0110, 0x0213, 0x0131, 0x0119]
        failed.append(
          FailedReference(sop: reference, reason: has ? doubts.randomElement(using: &random) ?? 0x0110 : 0x0112))
      }
    }
    archive.commit(to: kept, in: index)
    return (kept, failed)
  }
}
