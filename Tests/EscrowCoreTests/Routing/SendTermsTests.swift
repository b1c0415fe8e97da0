import DICOM
import EscrowCore
import Testing

@Suite struct SendTermsTests {
  private func plan(_ routes: Route...) -> RoutingPlan { RouteTable(routes: routes).plan(for: .ct()) }

  private func route(_ name: String, _ terms: SendTerms, acceptEdited: Bool = false) -> Route {
    Route(
      name: name, match: .all([]), sends: [Route.Send(to: "x", proof: .response, terms: terms)],
      acceptEdited: acceptEdited)
  }

  @Test func differentEditsForOneDestinationAreAConflict() {
    let (one, other) = (
      SendTerms(edits: [Edit("PatientName", .remove)]), SendTerms(edits: [Edit("PatientName", .set("X"))])
    )
    let planned = plan(route("a", one), route("b", other))
    #expect(planned.deliveries.isEmpty)
    #expect(planned.hold == "routes a and b want different edits for x")
    #expect(plan(route("a", one), route("b", .plain)).hold == "routes a and b want different edits for x")
    #expect(plan(route("a", one), route("b", one)).hold == nil)
  }

  @Test func whatComesSoonerWins() throws {
    let night = Timetable([try #require(TimeWindow("20:00-06:00"))], timeZone: "UTC")
    let noon = Timetable([try #require(TimeWindow("12:00-13:00"))], timeZone: "UTC")
    let slow = SendTerms(timetable: night, maxRate: 1000)
    #expect(slow.merged(with: .plain) == .plain)
    #expect(
      slow.merged(with: SendTerms(timetable: noon, maxRate: 2000))
        == SendTerms(timetable: Timetable(night.windows + noon.windows, timeZone: "UTC"), maxRate: 2000))
    #expect(SendTerms.plain.merged(with: SendTerms(alternative: .init("y"))).alternative == .init("y"))
  }

  @Test(arguments: [(true, true, false), (true, false, true), (false, true, true)])
  func editedCopiesNeedEveryRoutesConsent(_ first: Bool, _ second: Bool, _ alters: Bool) {
    let terms = SendTerms(edits: [Edit("PatientName", .remove)])
    let planned = plan(route("a", terms, acceptEdited: first), route("b", terms, acceptEdited: second))
    #expect(planned.deliveries.map(\.terms.alters) == [alters])
  }

  @Test func spreadingKeepsStudiesTogetherAndMovesOnlyWhatItMust() {
    let three = Route.Send(to: "a", "b", "c", proof: .response)
    let two = Route.Send(to: "a", "c", proof: .response)
    var counts: [PeerName: Int] = [:]
    for number in 0..<3000 {
      let study = UID("1.2.826.\(number)")
      let chosen = three.destination(forStudy: study)
      #expect(chosen == three.destination(forStudy: study))
      if chosen != "b" { #expect(two.destination(forStudy: study) == chosen) }
      counts[chosen, default: 0] += 1
    }
    #expect(counts.values.allSatisfy { (850...1150).contains($0) }, "\(counts)")
  }

  @Test func aStudyGoesToOneOfSeveralDestinations() {
    let send = Route.Send(to: "a", "b", proof: .response)
    let table = RouteTable(routes: [Route(name: "r", match: .all([]), sends: [send])])
    var input = RoutingInput.ct()
    var seen: Set<PeerName> = []
    for number in 0..<20 {
      input.attributes[.studyInstanceUID] = ["1.2.826.\(number)"]
      let planned = table.plan(for: input).deliveries.map(\.destination)
      #expect(planned == [send.destination(forStudy: UID("1.2.826.\(number)"))])
      seen.formUnion(planned)
    }
    #expect(seen == ["a", "b"])
  }

  @Test func aRateIsKeptWithinAFewPercent() {
    var bucket = TokenBucket(rate: 1_000_000)
    var moment = MonotonicTime(nanoseconds: 5_000_000_000)
    let start = moment
    for _ in 0..<1000 { moment = moment + bucket.take(20_000, at: moment) }
    let seconds = moment.since(start).inSeconds
    #expect((19.0...20.2).contains(seconds), "20 MB took \(seconds) s")
    // A pause saves up no more than a quarter of a second.
    moment = moment + .seconds(3600)
    #expect(bucket.take(250_000, at: moment) == .zero)
    #expect(bucket.take(250_000, at: moment) == .zero)
    // Both have passed ahead of their time: what comes now waits until they are paid, and no longer.
    #expect(bucket.take(1_000_000, at: moment) == .milliseconds(250))
    #expect(bucket.take(1, at: moment) == .milliseconds(1250))
  }
}
