import DICOM
import EscrowCore
import Testing

/// What is not on record any more is not guessed.
@Suite struct RoutingOutlookTests {
  private static let send = Route.Send(to: "archive", proof: .commitment)

  private func outlook(_ routes: Route..., without unknown: Set<DICOM.Tag> = [.studyDescription]) -> RoutingOutlook {
    RouteTable(routes: routes).outlook(for: .ct(), without: unknown)
  }

  private func route(_ name: String, _ conditions: Condition...) -> Route { Route(name, conditions, to: Self.send) }

  private static func modality(_ text: String) throws -> Condition { try Condition(.attribute(.modality), text) }
  private static func description(_ text: String) throws -> Condition {
    Condition(.attribute(.studyDescription), name: "StudyDescription", patterns: [try Pattern(text)])
  }

  @Test func whatIsKnownDecides() throws {
    let found = outlook(route("ct", try Self.modality("CT")), route("mr", try Self.modality("MR")))
    #expect(found.takers == ["ct"])
    #expect(found.untold.isEmpty)
    #expect(found.plan?.deliveries.map(\.destination) == ["archive"])
  }

  @Test(arguments: ["chest", "!chest", "*", "!*"])
  func whatIsNotKnownLeavesItOpen(pattern: String) throws {
    let found = outlook(
      route("ct", try Self.modality("CT")),
      route("chest", try Self.modality("CT"), try Self.description(pattern)))
    #expect(found.takers == ["ct"])
    #expect(found.untold == [.init(route: "chest", conditions: ["StudyDescription"])])
    #expect(found.plan == nil)
  }

  @Test func aConditionThatFailsDecidesWhereverItStands() throws {
    let found = outlook(
      route("a", try Self.description("chest"), try Self.modality("MR")), route("b", try Self.modality("CT")))
    #expect(found.untold.isEmpty)
    #expect(found.plan?.routes == ["b"])
  }

  @Test func theRestDependsOnWhatIsOpen() throws {
    let open = outlook(route("chest", try Self.description("chest")), .otherwise("rest", to: "x"))
    #expect(open.untold.map(\.route) == ["chest", "rest"])
    #expect(open.plan == nil)
    let taken = outlook(
      route("ct", try Self.modality("CT")), route("mr", try Self.modality("MR"), try Self.description("x")),
      .otherwise("rest", to: "x"))
    #expect(taken.untold.isEmpty)
    #expect(taken.takers == ["ct"])
  }

  @Test func theSameAsThePlanWhenAllIsKnown() throws {
    let routes = RouteTable(routes: [route("chest", try Self.description("chest")), .otherwise("rest", to: "x")])
    #expect(routes.outlook(for: .ct(), without: []).plan == routes.plan(for: .ct()))
  }

  @Test func idsFollowTheMomentsBeforeThem() {
    let moment = Timestamp(microseconds: 1_764_000_000_123_456)
    let earlier = Timestamp(microseconds: 1_764_000_000_122_999)
    #expect(InstanceID.before(moment).isWellFormed)
    #expect(InstanceID.before(moment) < InstanceID.new(at: moment))
    #expect(InstanceID.new(at: earlier) < InstanceID.before(moment))
  }
}
