import DICOM
import EscrowCore
import Testing

@Suite struct ComparisonTests {
  private func holds(_ text: String, of vr: VR, for values: [String]) throws -> Bool {
    let pattern = try Pattern(text, on: Scale(vr))
    let condition = Condition(.attribute(.studyDescription), name: "X", patterns: [pattern])
    let route = Route("r", [condition])
    let input = RoutingInput(
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a"),
      sop: SOPInstance(classUID: "1.2", instanceUID: "1.3"), transferSyntax: "1.2.840.10008.1.2.1",
      attributes: [.studyDescription: values])
    return RouteTable(routes: [route]).explain(input).first?.matches == true
  }

  @Test(arguments: [
    (">=512", VR.us, "512", true), (">512", .us, "512", false), ("<= 2.5", .ds, " 2.50 ", true),
    ("<3", .is, "-4", true),
    (">1e3", .ds, "1.0E+3", false), (">0.5", .fd, "0.75", true), ("<5", .ds, "five", false), ("<5", .ds, "nan", false),
    (">=2026-01-31", .da, "20260131", true), ("<20260131", .da, "20251231", true),
    ("<20260131", .da, "2026.01.30", true),
    ("<20260131", .da, "20261301", false), (">20240228", .da, "20240229", true),
    (">=20:00", .tm, "200000.000001", true), (">20:00", .tm, "20", false), ("<06:30", .tm, "0629", true),
    ("<06:30", .tm, "062959", true), ("<06:30", .tm, "062960", false), ("<06:30", .tm, "2460", false),
    (">20260131203000", .dt, "20260131203000.5", true), ("<20260131203000+0100", .dt, "20260131192959", true),
    (">=2026", .dt, "20260101", true), ("<2026", .dt, "202512312359-0500", false),
    ("<018Y", .as, "017Y", true), ("<018Y", .as, "018Y", false), ("<018Y", .as, "011M", true),
    ("<002W", .as, "013D", true),
    ("!<018Y", .as, "018Y", true), ("!<018Y", .as, "017Y", false),
  ])
  func compares(_ pattern: String, _ vr: VR, _ value: String, _ fits: Bool) throws {
    #expect(try holds(pattern, of: vr, for: [value]) == fits)
  }

  /// Each is no value of its VR, which would be on one side of the bound or the other.
  @Test(arguments: [
    (VR.da, "2026-01-31", "20260101-"), (.da, "2026-01-31", "-20260101"), (.da, "2026-01-31", "2026-0101"),
    (.da, "2026-01-31", "202601.01"), (.da, "2026-01-31", "2026-01.01"), (.da, "2026-01-31", "20260101-20260102"),
    (.da, "2026-01-31", "20260231"), (.da, "2026-01-31", "20250229"), (.da, "2026-01-31", "19000229"),
    (.da, "2026-01-31", "20260431"), (.da, "2026-01-31", "20260100"), (.da, "2026-01-31", "2026-1-1"),
    (.tm, "12", "1:000"), (.tm, "12", "10:"), (.tm, "12", ":10"), (.tm, "12", "1000:00"), (.tm, "12", "10:00:00:00"),
    (.tm, "12", "10:00.5"), (.tm, "12", "100000.1e5"), (.tm, "12", "100000."), (.tm, "12", "10-1100"),
    (.dt, "2026", "20261"), (.dt, "2026", "20260231"), (.dt, "2026", "20250229120000"), (.dt, "2026", "2026010112:30"),
    (.dt, "2026", "20260101120000+9900"), (.dt, "2026", "20260101120000+0160"), (.dt, "2026", "20260101-"),
  ])
  func whatIsNoValueIsOnNeitherSide(_ vr: VR, _ bound: String, _ value: String) throws {
    #expect(try !holds("<\(bound)", of: vr, for: [value]))
    #expect(try !holds(">=\(bound)", of: vr, for: [value]))
  }

  @Test(arguments: [
    (Scale.date, ">2026-02-31"), (.date, ">20260431"), (.date, ">2026-0101"), (.date, "<20260101-"), (.time, "<24:00"),
    (.time, "<8:30"), (.dateTime, ">20260231"),
  ])
  func whatNoCalendarOrClockShowsIsNoBound(_ scale: Scale, _ text: String) {
    #expect(throws: Pattern.Invalid.self) { try Pattern(text, on: scale) }
  }

  @Test(arguments: [
    (VR.da, ">20240228", "2024-02-29"), (.da, ">=2000-02-29", "2000.02.29"), (.da, "<2026.01.02", "2026-01-01"),
    (.tm, ">=10:30:15.5", "103015.5"), (.tm, "<103016", "10:30:15.999999"), (.tm, "<=10", "10:00:00"),
    (.dt, ">=20240229", "20240229000000"), (.dt, "<20260101120000", "20260101120000+1400"),
  ])
  func everyWrittenFormIsCompared(_ vr: VR, _ pattern: String, _ value: String) throws {
    #expect(try holds(pattern, of: vr, for: [value]))
  }

  @Test func anyOfSeveralValuesMayFitAndNoneForANegation() throws {
    #expect(try holds(">10", of: .is, for: ["1", "11"]))
    #expect(try !holds("!>10", of: .is, for: ["1", "11"]))
    #expect(try !holds(">10", of: .is, for: []))
    #expect(try holds("!>10", of: .is, for: []))
  }

  @Test(arguments: ["<", ">=x", "<12 13", ">0x10"]) func whatIsNoNumberIsAnError(_ text: String) {
    #expect(throws: Pattern.Invalid.self) { try Pattern(text, on: .number) }
  }
}
