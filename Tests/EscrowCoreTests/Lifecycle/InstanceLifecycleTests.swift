import EscrowCore
import Testing

@Suite struct InstanceLifecycleTests {
  /// By state in the order of `InstanceState.allCases` (held, inTransit, settled, damaged, purging, purged, discarded).
  static let expectation: [(InstanceEvent, String)] = [
    (.deliveriesAdded, "inTransit inTransit inTransit - - - -"),
    (.lastDeliveryEnded, "- settled - - - - -"),
    (.deliveryReopened, "- - inTransit - - - -"),
    (.damaged, "damaged damaged damaged - - - -"),
    (.replacedOpen, "- - - inTransit - - -"),
    (.replacedSettled, "- - - settled - - -"),
    (.replacedHeld, "- - - held - - -"),
    (.provenWithoutFile, "- - - settled - - -"),
    (.purgeGuardHeld, "- - purging - - - -"),
    (.removedOnProof, "purging - - - - - -"),
    (.discardDecided, "purging - purging purging - - -"),
    (.filePurged, "- - - - purged - -"),
    (.fileDiscarded, "- - - - discarded - -"),
  ]

  @Test func everyEventIsExpected() {
    #expect(Self.expectation.map(\.0) == InstanceEvent.allCases)
  }

  @Test(arguments: expectation) func walksEveryPair(_ event: InstanceEvent, _ row: String) {
    let found = InstanceState.allCases.map { InstanceLifecycle.state(after: event, from: $0)?.rawValue ?? "-" }
    #expect(found.joined(separator: " ") == row)
  }

  @Test(arguments: expectation) func guardsAreReadFromTheSameTable(_ event: InstanceEvent, _ row: String) {
    let cells = row.split(separator: " ").map(String.init)
    let sources = zip(InstanceState.allCases, cells).filter { $0.1 != "-" }
    #expect(Set(InstanceLifecycle.sources(of: event)) == Set(sources.map(\.0)))
    #expect(Set(sources.map(\.1)) == [InstanceLifecycle.target(of: event).rawValue])
  }

  @Test func nothingLeadsOutOfTheEnd() {
    let ends: Set<InstanceState> = [.purged, .discarded]
    #expect(!InstanceLifecycle.transitions.contains { ends.contains($0.from) })
  }

  /// Only the guard, a report of the API's own transaction, or an administrator's decision leads towards deletion.
  @Test func onlyThreeEventsLeadToPurging() {
    let events = InstanceLifecycle.transitions.filter { $0.to == .purging }.map(\.event)
    #expect(Set(events) == [.purgeGuardHeld, .removedOnProof, .discardDecided])
    #expect(InstanceLifecycle.sources(of: .purgeGuardHeld) == [.settled])
  }
}
