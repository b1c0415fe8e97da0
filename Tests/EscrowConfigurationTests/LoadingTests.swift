import EscrowConfiguration
import EscrowCore
import FoundationEssentials
import Testing

@Suite struct LoadingTests {
  @Test func reportsEverythingOfAllFilesInOrder() throws {
    let temporary = try TemporaryConfiguration(
      """
      dicom: { port: x }
      peers:
        archive: { aeTitle: ARCHIVE, host: h, port: 104, allow: [echo, reprt] }
      htp: {}
      """,
      routes: [
        "b": "match: { Modality: /(/ }\nsend: [{ to: nobody, proof: response }]\nhold: [x]\n",
        "a": "match: {}\nsend: [{ to: archive, proof: reponse }\n",
      ])
    #expect(
      temporary.errors().map { $0.split(separator: " ")[0] } == [
        "escrow.yaml:1:16:", "escrow.yaml:3:66:", "escrow.yaml:4:1:", "routes/a.yaml:3:1:", "routes/b.yaml:1:20:",
        "routes/b.yaml:2:14:", "routes/b.yaml:3:7:",
      ])
  }

  @Test func routesAreNamedAfterTheirFilesAndSorted() throws {
    let route = "match: {}\nsend: [{ to: archive, proof: response }]"
    let temporary = try TemporaryConfiguration(twoDestinations, routes: ["b": route, "a c": route, ".hidden": "{"])
    try FileManager.default.createDirectory(
      atPath: temporary.folder + "/routes/examples", withIntermediateDirectories: true)
    try temporary.write("{", to: "routes/examples/x.yaml")
    try temporary.write("{", to: "routes/README.md")
    try temporary.write("{", to: "routes/b.yaml~")
    let loaded = try temporary.load()
    #expect(loaded.settings.routes.routes.map(\.name) == ["a c", "b"])
    #expect(
      loaded.files.map { $0.replacing(temporary.folder, with: "") } == [
        "/escrow.yaml", "/routes/a c.yaml", "/routes/b.yaml",
      ])
  }

  @Test func warnsOfWhatIsNotRead() throws {
    let temporary = try TemporaryConfiguration(twoDestinations)
    try temporary.write("{", to: "routes/x.yml")
    #expect(try temporary.warnings() == ["routes/x.yml:1:1: warning: not read: route files end in `.yaml`"])
  }

  @Test(
    arguments: [
      ("proof: response", "1h", "[echo, store]", true), ("proof: response", "never", "[echo, store]", false),
      ("proof: response", "1h", "[echo]", false), ("proof: commitment", "1h", "[store, report]", false),
    ])
  func warnsOfALoopInWhichBothSidesDelete(_ proof: String, after: String, allow: String, warns: Bool) throws {
    let temporary = try TemporaryConfiguration(
      "peers: { other: { aeTitle: OTHER, host: 127.0.0.1, port: 104, allow: \(allow) } }",
      routes: ["r": "match: {}\nsend: [{ to: other, \(proof) }]\npurge: { after: \(after) }"])
    let expected =
      "routes/r.yaml:2:14: warning: `other` may also store here: should it send back what it gets, `proof: response` lets "
      + "both sides delete the instance; ask for `proof: commitment`, or say `purge: never`"
    #expect(try temporary.warnings() == (warns ? [expected] : []))
  }

  @Test func withoutRoutesEverythingIsHeld() throws {
    let temporary = try TemporaryConfiguration("routes: { path: none }")
    let loaded = try temporary.load()
    #expect(loaded.settings.routes.routes.isEmpty)
    #expect(
      try temporary.warnings() == [
        "escrow.yaml:1:17: warning: there is no folder `none`; without routes everything is held"
      ])
  }

  @Test(
    arguments: [
      ("archvie", "archive"), ("ARCHIVE", "archive"), ("arhive", "archive"), ("archives", "archive"),
      ("rsearch", "research"),
      ("x", nil), ("warehouse", nil),
    ] as [(String, String?)])
  func suggestsTheNearest(_ name: String, _ suggestion: String?) throws {
    let found = try errors(inRoute: "match: {}\nsend: [{ to: \(name), proof: response }]")
    let expected = "2:14: there is no peer `\(name)`" + (suggestion.map { "; did you mean `\($0)`?" } ?? "")
    #expect(found == [expected])
  }
}
