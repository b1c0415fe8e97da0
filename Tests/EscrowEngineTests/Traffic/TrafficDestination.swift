import DICOM
import EscrowCore
@testable import EscrowEngine

/// A destination as the router sees it: everything that is gone when the process ends.
struct TrafficDestination {
  let name: PeerName
  var health = DestinationHealth()
  /// Claimed and not offered yet.
  var batch: ArraySlice<Claim> = []
  /// What is on the wire.
  var underWay: Claim?
  /// Requests for commitment in a row that could not be sent.
  var notSent = 0
  /// When it is looked at next.
  var nextTurn: Duration?

  static let retry = RetryPolicy(first: .seconds(30), max: .minutes(15), alarmAfter: .hours(1))
  static let policy = CommitmentPolicy(
    quiet: .seconds(5), maxWait: .seconds(60), maxReferences: 20,
    askAgain: [.minutes(10), .minutes(30), .hours(2), .hours(8)], alarmAfter: .hours(12))

  init(_ name: PeerName) { self.name = name }

  /// The claims that the process works on.
  var held: [ClaimKey] { (underWay.map { [$0.key] } ?? []) + batch.map(\.key) }
}
