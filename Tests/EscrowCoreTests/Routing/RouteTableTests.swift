import DICOM
import EscrowCore
import Testing

@Suite struct RouteTableTests {
  static let archive = Route.Send(to: "archive", proof: .commitment)

  func takes(_ conditions: [Condition], _ input: RoutingInput) -> Bool {
    let table = RouteTable(routes: [Route("r", conditions, to: Self.archive)])
    return table.plan(for: input).routes == ["r"]
  }

  @Test(
    arguments: [
      (["CT"], ["CT"], true), (["CT"], ["MR"], false), (["ct"], ["CT"], false), (["CT", "MR"], ["MR"], true),
      (["!CT"], ["CT"], false), (["!CT"], ["MR"], true), (["!CT"], nil, true), (["!CT"], [], true),
      (["CT"], nil, false),
      (["CT"], [], false), (["*"], nil, false), (["*"], [], false), (["*"], [""], false), (["!*"], [""], true),
      (["B"], ["", "B"], true), (["!*"], [], true), (["!*"], ["CT"], false),
      (["C*", "!CT"], ["CR"], true), (["C*", "!CT"], ["CT"], false), (["C*", "!CT"], nil, false),
      (["!CT", "!MR"], ["US"], true), (["!CT", "!MR"], ["MR"], false), (["PRIMARY"], ["ORIGINAL", "PRIMARY"], true),
      (["!PRIMARY"], ["ORIGINAL", "PRIMARY"], false), (["/^C/i"], ["ct"], true), (["!/^C/i"], ["ct"], false),
    ] as [([String], [String]?, Bool)])
  func patternsOfOneAttribute(_ patterns: [String], _ values: [String]?, _ expected: Bool) throws {
    let condition = Condition(.attribute(.modality), name: "Modality", patterns: try patterns.map { try Pattern($0) })
    #expect(takes([condition], .ct(attributes: values.map { [.modality: $0] } ?? [:])) == expected)
  }

  @Test func allConditionsMustHold() throws {
    let conditions = [try Condition(.callingAE, "CT1", "CT2"), try Condition(.attribute(.modality), "CT")]
    #expect(takes(conditions, .ct()))
    #expect(!takes(conditions, .ct(callingAE: "CT3")))
    #expect(!takes(conditions, .ct(attributes: [.modality: ["MR"]])))
    #expect(takes([], .ct()))
  }

  @Test(arguments: [
    (Subject.callingAE, "CT?", true), (.callingAE, "ct1", false), (.calledAE, "ESCROW", true),
    (.calledAE, "!ESCROW", false),
    (.sopClass, "1.2.840.10008.5.1.4.1.1.2", true), (.sopClass, "1.2.840.10008.5.1.4.1.1.4", false),
    (.transferSyntax, "1.2.840.10008.1.2.1", true), (.transferSyntax, "1.2.840.10008.1.2", false),
    (.sourceAddress, "10.0.0.*", true),
  ])
  func whatTheAssociationTells(_ subject: Subject, _ pattern: String, _ expected: Bool) throws {
    #expect(takes([try Condition(subject, pattern)], .ct()) == expected)
  }

  @Test(arguments: [("10.0.0.7", true), ("10.0.1.7", false), ("::ffff:10.0.0.9", true), ("http", false), ("", false)])
  func rangesOfAddresses(_ address: String, _ expected: Bool) throws {
    var pattern = try Pattern("10.0.0.0/24")
    pattern.test = .addresses(try #require(AddressRange("10.0.0.0/24")))
    #expect(
      takes([Condition(.sourceAddress, name: "sourceAddress", patterns: [pattern])], .ct(address: address)) == expected)
  }

  @Test func anUploadHasNoCallingAE() throws {
    #expect(!takes([try Condition(.callingAE, "*")], .ct(callingAE: "", address: "http")))
    #expect(takes([try Condition(.callingAE, "!CT1")], .ct(callingAE: "", address: "http")))
    #expect(takes([try Condition(.sourceAddress, "http")], .ct(callingAE: "", address: "http")))
  }

  @Test func otherwiseTakesWhatNoOtherTook() throws {
    let mr = Route("mr", [try Condition(.attribute(.modality), "MR")], to: Self.archive)
    let table = RouteTable(routes: [.otherwise("a", to: "x"), mr, .otherwise("z", to: "y")])
    #expect(table.plan(for: .ct()).routes == ["a", "z"])
    #expect(table.plan(for: .ct(attributes: [.modality: ["MR"]])).routes == ["mr"])
  }

  @Test func withoutAMatchItIsHeld() throws {
    let table = RouteTable(routes: [Route("mr", [try Condition(.attribute(.modality), "MR")], to: Self.archive)])
    #expect(table.plan(for: .ct()) == RoutingPlan(deliveries: [], hold: "no route matches"))
    #expect(RouteTable(routes: []).plan(for: .ct()).hold == "no route matches")
  }

  @Test func anUnreadableHeaderLeavesOnlyTheAssociation() throws {
    let byAE = Route("ae", [try Condition(.callingAE, "CT1"), try Condition(.sopClass, "1.2.*")], to: Self.archive)
    let negative = Route("notMR", [try Condition(.attribute(.modality), "!MR")], to: Self.archive)
    let input = RoutingInput.ct(unreadable: true)
    #expect(RouteTable(routes: [byAE, negative]).plan(for: input).routes == ["ae"])
    let held = RouteTable(routes: [negative, .otherwise("rest", to: "x")]).plan(for: input)
    #expect(held.deliveries.isEmpty)
    #expect(held.hold == "header unreadable, and no route matches on the association alone")
  }

  @Test func wantsTheAttributesThatRoutesLookAt() throws {
    let routes = [
      Route("a", [try Condition(.attribute(.modality), "CT"), try Condition(.callingAE, "A")], to: Self.archive),
      Route(
        "b", [try Condition(.attribute(.modality), "MR"), try Condition(.attribute(.imageType), "A")], to: Self.archive),
    ]
    #expect(RouteTable(routes: routes).wantedTags == [.modality, .imageType])
  }

  @Test(arguments: ["/^(a+)+$/", "!/^(a+)+$/"]) func anExpressionThatGivesUpCountsAsNotMatching(
    _ pattern: String
  ) throws {
    let input = RoutingInput.ct(attributes: [.modality: [String(repeating: "a", count: 60) + "!"]])
    let table = RouteTable(routes: [Route("r", [try Condition(.attribute(.modality), pattern)], to: Self.archive)])
    #expect(table.plan(for: input).hold == "no route matches; \(pattern) reached its limit in route r")
    #expect(table.explain(input).map(\.reason) == ["\(pattern) reached its limit"])
  }

  @Test func aThousandRoutesAgreeWithOneByOne() throws {
    let routes = try (0..<1000).map { index in
      Route("r\(index)", [try Condition(.attribute(.modality), "M\(index % 10)", "!M3")], to: Self.archive)
    }
    let plan = RouteTable(routes: routes).plan(for: .ct(attributes: [.modality: ["M7"]]))
    #expect(plan.routes == (0..<100).map { "r\($0 * 10 + 7)" })
    #expect(plan.deliveries.map(\.routes) == [plan.routes])
  }
}
