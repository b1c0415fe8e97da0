import DICOM
import EscrowCore
@testable import EscrowEngine

/// A destination as the router sees it: how it is configured, and what is gone when the process ends.
struct TrafficDestination {
  let peer: Peer
  var health = DestinationHealth()
  let classHolds = ClassHolds()
  /// Claimed and not offered yet.
  var batch: ArraySlice<Claim> = []
  /// What is on the wire.
  var underWay: Claim?
  /// Requests for commitment in a row that could not be sent.
  var notSent = 0
  /// When it is looked at next.
  var nextTurn: Duration?

  init(_ name: PeerName) { peer = Self.peer(name) }

  /// As escrow.yaml has it.
  static func peer(_ name: PeerName) -> Peer { configured[name] ?? configure(name) }

  private static let configured = Dictionary(
    uniqueKeysWithValues: TrafficContent.destinations.map { ($0, configure($0)) })

  private static func configure(_ name: PeerName) -> Peer {
    let asking = CommitmentPolicy(
      quiet: .seconds(5), maxWait: .seconds(60), maxReferences: 20,
      askAgain: [.minutes(10), .minutes(30), .hours(2), .hours(8)], alarmAfter: .hours(12))
    let querying = QueryPolicy(
      askAgain: [.minutes(1), .minutes(10), .hours(1), .hours(3)], batch: 4,
      recheck: name == "cloud" ? .minutes(30) : nil, alarmAfter: .hours(12))
    var peer = Peer(
      name: name, aeTitle: AETitle(name.rawValue.uppercased()),
      retry: RetryPolicy(first: .seconds(30), max: .minutes(15), alarmAfter: .hours(1)),
      commitment: CommitmentIdentity(policy: asking), query: QueryIdentity(policy: querying))
    switch name {
    case "research":
      peer.retry.maxAge = .hours(6)
      peer.retry.attempts = ["processingFailure": 2, "cannotUnderstand": 1]
    case "cloud": peer.holdOn = []
    default: break
    }
    return peer
  }

  /// The claims that the process works on.
  var held: [ClaimKey] { (underWay.map { [$0.key] } ?? []) + batch.map(\.key) }
}
