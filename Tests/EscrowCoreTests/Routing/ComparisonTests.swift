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
