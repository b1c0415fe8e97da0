import DICOM
import EscrowCore
import Testing

@Suite struct RouteExplanationTests {
  func explain(_ routes: Route..., input: RoutingInput = .ct()) -> [RouteExplanation] {
    RouteTable(routes: routes).explain(input)
  }

  @Test func namesTheFirstConditionThatFails() throws {
    let patterns = [try Pattern("MR"), try Pattern("US"), try Pattern("!PR")]
    let route = Route(
      "r",
      [
        try Condition(.callingAE, "CT1"), Condition(.attribute(.modality), name: "Modality", patterns: patterns),
        try Condition(.calledAE, "X"),
      ])
    let found = explain(route)
    #expect(
      found == [
        RouteExplanation(
          route: "r", matches: false, condition: "Modality", reason: "is \"CT\", wanted MR or US, and !PR")
      ])
  }

  @Test func saysThatAnAttributeIsAbsent() throws {
    let route = Route("r", [Condition(.attribute(.studyDescription), name: "S", patterns: [try Pattern("/x/i")])])
    #expect(explain(route).map(\.reason) == ["is absent, wanted /x/i"])
  }

  @Test func saysWhyOtherwiseDoesNotTakeIt() {
    let found = explain(Route("a"), .otherwise("b", to: "x"))
    #expect(found.map(\.matches) == [true, false])
    #expect(found.map(\.reason) == [nil, "another route took it"])
  }

  @Test func saysThatTheHeaderIsUnreadable() throws {
    let found = explain(
      Route("a", [try Condition(.attribute(.modality), "!MR")]), .otherwise("b", to: "x"), input: .ct(unreadable: true))
    #expect(found.map(\.reason) == ["the header cannot be read", "the header cannot be read"])
  }
}
