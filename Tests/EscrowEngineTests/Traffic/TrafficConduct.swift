import DICOM
import EscrowCore

/// What may be offered to whom at a moment, judged by what the network has seen: windows, refused classes,
/// alternatives, limits. What is wrong is returned in words.
struct TrafficConduct {
  private struct Way: Hashable {
    let instance: InstanceID
    let destination: PeerName
  }

  private struct RefusedClass: Hashable {
    let destination: PeerName
    let sopClass: UID
  }

  /// Who stored an instance, or may have.
  private var mayHave: Set<Way> = []
  /// What waits for an operator.
  private var refused: Set<RefusedClass> = []
  /// Doubtful failures on record.
  private var doubts: [Way: Int] = [:]

  /// An instance is about to leave.
  func wrong(offering claim: Claim, of content: TrafficContent, at now: Timestamp) -> String? {
    let name = claim.destination
    let what = "\(claim.instance) is offered to \(name)"
    let ways = content.kind.sends.filter { $0.ways.contains(name) }
    if !ways.contains(where: { $0.isOpen(at: now) }) { return "\(what) outside its window" }
    if refused.contains(RefusedClass(destination: name, sopClass: content.sop.classUID)) {
      return "\(what), which refused its class, and nobody released it"
    }
    guard !ways.contains(where: { $0.to == name }) else { return nil }
    let doubt = ways.first { mayHave.contains(Way(instance: claim.instance, destination: $0.to)) }
    return doubt.map { "\(what) instead of \($0.to), which may have it" }
  }

  func mayHave(_ instance: InstanceID, at destination: PeerName) -> Bool {
    mayHave.contains(Way(instance: instance, destination: destination))
  }

  /// It was stored, or nobody knows.
  mutating func noteMayHave(_ claim: Claim) {
    mayHave.insert(Way(instance: claim.instance, destination: claim.destination))
  }

  mutating func noteRefused(_ sopClass: UID, by destination: PeerName) {
    refused.insert(RefusedClass(destination: destination, sopClass: sopClass))
  }

  /// An operator released what waits, or the process ended.
  mutating func forgetRefusals() { refused = [] }

  /// An outcome is about to be put on record.
  mutating func wrong(
    recording outcome: AttemptOutcome, of claim: Claim, by peer: Peer, since arrival: Timestamp
  ) -> String? {
    let what = "\(claim.instance) to \(claim.destination)"
    let isTooOld = peer.retry.maxAge.map { outcome.startedAt.since(arrival) > $0 } ?? false
    switch outcome.result {
    case .retry where isTooOld: return "\(what) is tried again, and is too old for that"
    case .retry(_, let reason, counted: true):
      let way = Way(instance: claim.instance, destination: claim.destination)
      doubts[way, default: 0] += 1
      let usual = ["cannotUnderstand": 3, "processingFailure": 10]
      let limit = peer.retry.attempts[reason] ?? usual[reason] ?? 1
      return doubts[way, default: 0] > limit ? "\(what) is tried again after more than \(limit) \(reason)" : nil
    case .failed("tooOld") where !isTooOld: return "\(what) is given up as too old, and is not"
    default: return nil
    }
  }
}
