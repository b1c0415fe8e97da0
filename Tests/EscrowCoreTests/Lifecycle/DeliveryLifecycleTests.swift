import EscrowCore
import Testing

@Suite struct DeliveryLifecycleTests {
  /// What must happen, written row by state: the states in the order of `DeliveryState.allCases`
  /// (queued, sending, sent, requested, delivered, failed, cancelled, waived, superseded), `-` for "does not happen".
  static let expectation: [(DeliveryEvent, String)] = [
    (.claimed, "sending - - - - - - - -"),
    (.returned, "- queued - - - - - - -"),
    (.storedAndProven, "- delivered - - - - - - -"),
    (.stored, "- sent - - - - - - -"),
    (.attemptFailed, "- queued - - - - - - -"),
    (.claimExpired, "- queued - - - - - - -"),
    (.commitmentOpened, "- - requested - - - - - -"),
    (.requestFailed, "- - - sent - - - - -"),
    (.reportOverdue, "- - - sent - - - - -"),
    (.proved, "delivered delivered delivered delivered - delivered - - -"),
    (.found, "- - delivered - - - - - -"),
    (.notFound, "- - sent - - - - - -"),
    (.missingAfterQueries, "- - queued - - - - - -"),
    (.proofRaised, "- - - - sent - - - -"),
    (.reportedFailedResend, "- - queued queued - - - - -"),
    (.reportedFailedAskAgain, "- - sent sent - - - - -"),
    (.reportedFailedPermanent, "- - failed failed - - - - -"),
    (.contradictedResend, "- - - - queued - - - -"),
    (.contradictedAskAgain, "- - - - sent - - - -"),
    (.gaveUp, "failed failed failed failed - - - - -"),
    // From `sending` when the attempt ends otherwise than stored.
    (.cancelled, "cancelled cancelled cancelled cancelled - cancelled - - -"),
    (.superseded, "superseded - - - - - - - -"),
    (.requeued, "- - - - - queued queued - -"),
    // Only of deliveries that the API asked for.
    (.repeated, "- - - - queued - - queued -"),
    (.waived, "- - - - - waived waived - -"),
  ]

  @Test func everyEventIsExpected() {
    #expect(Self.expectation.map(\.0) == DeliveryEvent.allCases)
  }

  @Test(arguments: expectation) func walksEveryPair(_ event: DeliveryEvent, _ row: String) {
    let found = DeliveryState.allCases.map { DeliveryLifecycle.state(after: event, from: $0)?.rawValue ?? "-" }
    #expect(found.joined(separator: " ") == row)
  }

  @Test(arguments: expectation) func guardsAreReadFromTheSameTable(_ event: DeliveryEvent, _ row: String) {
    let cells = row.split(separator: " ").map(String.init)
    let sources = zip(DeliveryState.allCases, cells).filter { $0.1 != "-" }
    #expect(Set(DeliveryLifecycle.sources(of: event)) == Set(sources.map(\.0)))
    #expect(Set(sources.map(\.1)) == [DeliveryLifecycle.target(of: event).rawValue])
  }

  @Test func noPairIsListedTwice() {
    let pairs = DeliveryLifecycle.transitions.map { "\($0.from) \($0.event)" }
    #expect(Set(pairs).count == pairs.count)
  }

  @Test(arguments: DeliveryState.allCases) func terminalStatesNeedSomebodyToLeave(_ state: DeliveryState) {
    let byThemselves: Set<DeliveryEvent> = [
      .claimed, .returned, .storedAndProven, .stored, .attemptFailed, .claimExpired, .commitmentOpened, .requestFailed,
      .reportOverdue, .found, .notFound, .missingAfterQueries, .gaveUp,
    ]
    let leaves = byThemselves.contains { DeliveryLifecycle.state(after: $0, from: state) != nil }
    #expect(leaves != state.isTerminal)
  }

  @Test func inFlightIsFromClaimToProof() {
    #expect(DeliveryState.allCases.filter(\.isInFlight) == [.sending, .sent, .requested])
  }
}
