import DICOM
import EscrowCore
import Testing

@Suite struct RoutingPlanTests {
  func plan(_ routes: Route...) -> RoutingPlan { RouteTable(routes: routes).plan(for: .ct()) }

  @Test func deliveriesToTheSameDestinationMerge() {
    let merged = plan(
      Route("a", to: .init(to: "x", proof: .response, priority: .low), .init(to: "y", proof: .response)),
      Route("b", to: .init(to: "x", proof: .commitment, priority: .high)),
      Route("c", to: .init(to: "x", proof: .query, priority: .medium)))
    #expect(
      merged.deliveries == [
        PlannedDelivery(to: "x", proof: .commitment, priority: .high, routes: ["a", "b", "c"]),
        PlannedDelivery(to: "y", proof: .response, priority: .medium, routes: ["a"]),
      ])
    #expect(merged.routes == ["a", "b", "c"])
    #expect(merged.hold == nil)
  }

  @Test(arguments: [(true, true, true), (true, false, false), (false, true, false), (false, false, false)])
  func discardedElementsNeedEveryRoutesConsent(_ first: Bool, _ second: Bool, _ expected: Bool) {
    let send = Route.Send(to: "x", proof: .response)
    let merged = plan(Route("a", to: send, acceptDiscarded: first), Route("b", to: send, acceptDiscarded: second))
    #expect(merged.deliveries.map(\.acceptDiscarded) == [expected])
  }

  @Test func theLongestRetentionWins() {
    let send = Route.Send(to: "x", proof: .response)
    let hour = Route("a", to: send, retention: .after(.hours(1)))
    #expect(plan(hour).retention == .after(.hours(1)))
    #expect(plan(hour, Route("b", to: send, retention: .after(.days(7)))).retention == .after(.days(7)))
    #expect(plan(hour, Route("b", to: send)).retention == .standard)
    #expect(plan(Route("b", to: send, retention: .never), hour).retention == .never)
  }

  @Test func aHoldOfOneRouteHoldsAll() {
    let held = plan(
      Route("a", to: .init(to: "x", proof: .response)), Route("b", hold: "wait for the study's release"),
      Route("c", to: .init(to: "y", proof: .response), hold: "twice"))
    #expect(held.deliveries.isEmpty)
    #expect(held.hold == "route b: wait for the study's release; route c: twice")
    #expect(held.routes == ["a", "b", "c"])
  }
}
