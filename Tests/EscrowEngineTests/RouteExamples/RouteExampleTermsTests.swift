import DICOM
import EscrowConfiguration
import EscrowCore
import Foundation
import Testing

/// What the examples say of order, proof, windows, rates and edits, and of how long copies stay.
@Suite struct RouteExampleTermsTests {
  @Test func whatHasAHigherPriorityGoesFirst() async throws {
    let scene = try ExampleScene(["uploads", "ct-to-archive", "chest-for-research", "phantoms"])
    let chest: KeyValuePairs = ["StudyDescription": "Chest", "StationName": "CT2"]
    try await scene.admit(.image("CT", from: "CT3", chest).changed { $0.number = 1 })
    try await scene.admit(.upload().changed { $0.number = 2 }, at: .seconds(1))
    try await scene.admit(.image("CT", from: "CT1").changed { $0.number = 3 }, at: .seconds(2))
    try await scene.admit(.image("CT", from: "CT3", ["PatientName": "PHANTOM3"]).changed { $0.number = 4 })
    // High before medium, medium before low.
    #expect(try await scene.order(at: "workstation") == ["3", "2"])
    #expect(try await scene.order(at: "research") == ["4", "1"])
  }

  @Test func theStudyThatBeganFirstGoesFirst() async throws {
    let scene = try ExampleScene(["workstation-instead"])
    for (number, study) in [(1, UID("1.2.826.20")), (2, "1.2.826.10"), (3, "1.2.826.20")] {
      let image = TriedInstance.image("MR", from: "MR1").changed { ($0.number, $0.study) = (number, study) }
      try await scene.admit(image, at: .seconds(number))
    }
    #expect(try await scene.order(at: "archive") == ["1", "3", "2"])
  }

  /// An example, what comes, who has given its proof, and how long our copy stays after that; nil for good.
  @Test(
    arguments: [
      ("ct-to-archive", .image("CT"), ["archive", "workstation"], .hours(1)),
      ("ct-to-archive", .image("CT"), ["archive"], nil),
      ("ct-to-archive", .image("CT"), ["workstation"], nil),
      ("videos", RouteExampleTests.video, ["archive"], .zero), ("rest", .image("XA"), ["archive"], nil),
      ("thin-slices", RouteExampleTests.thin, ["research"], .hours(24)),
      ("phantoms", .image("CT", ["PatientName": "PHANTOM1"]), ["research"], .minutes(30)),
      // All that left was edited: ours goes only where the route accepts that, or when another has the original.
      ("teaching", .image("CT", ["SeriesDescription": "TEACHING"]), ["research"], .hours(24)),
      ("README/coded-for-research", .image("CT", ["StudyDescription": "study 12"]), ["research"], nil),
      ("edited-for-research", .image("CT", ["StudyDescription": "trial 7"]), ["research", "archive"], .days(7)),
      ("edited-for-research", .image("CT", ["StudyDescription": "trial 7"]), ["research"], nil),
    ] as [(String, TriedInstance, [PeerName], Duration?)])
  func theCopyStaysAsLongAsItSays(
    _ example: String, _ instance: TriedInstance, _ destinations: [PeerName], _ stays: Duration?
  ) async throws {
    let scene = try ExampleScene([example])
    try await scene.admit(instance)
    for destination in destinations { try await scene.deliver(to: destination, at: .minutes(1)) }
    guard let stays else { return #expect(try await scene.purged(at: .days(3650)) == 0) }
    #expect(try await scene.purged(at: .minutes(1) + stays - .seconds(1)) == 0)
    #expect(try await scene.purged(at: .minutes(1) + stays) == 1)
  }

  @Test func theLongestStayWins() async throws {
    let scene = try ExampleScene(["README/second-copy", "README/chest-pain"])
    try await scene.admit(.image("CT", ["StudyDescription": "chest pain"]))
    try await scene.deliver(to: "archive", at: .minutes(1))
    #expect(try await scene.states() == ["archive": .delivered])
    #expect(try await scene.purged(at: .days(3650)) == 0)
  }

  @Test(arguments: [("ultrasound", 1), ("emergency", 0)])
  func whatDiscardedElementsIsEnoughOnlyWhereTheRouteAcceptsIt(_ example: String, _ purged: Int) async throws {
    let scene = try ExampleScene([example])
    try await scene.admit(
      example == "ultrasound"
        ? .image("US", from: "US1", at: "10.1.8.3") : .image("CT", as: "ESCROW_CT", ["AccessionNumber": "A1"]))
    for destination in ["archive", "workstation"] as [PeerName] {
      try await scene.deliver(to: destination, discarding: true, at: .minutes(1))
    }
    #expect(try await scene.purged(at: .days(365)) == purged)
  }

  /// The peer `research` says `recheck: 7d`, and the route that the copy stays for 30 days.
  @Test(arguments: ["research-by-query", "README/research-by-query"])
  func whatWasFoundIsLookedForOnceMoreBeforeTheCopyGoes(_ example: String) async throws {
    let scene = try ExampleScene([example])
    try await scene.admit(.image("MG"))
    try await scene.deliver(to: "research", at: .minutes(1))
    #expect(try await scene.states() == ["research": .delivered])
    #expect(try await scene.purged(at: .days(31)) == 0)
    #expect(try await scene.find(at: "research", at: .days(31) + .seconds(1)) == 1)
    #expect(try await scene.purged(at: .days(31) + .seconds(2)) == 1)
  }

  @Test func theWorkstationGetsItInsteadOfTheArchive() async throws {
    let scene = try ExampleScene(["workstation-instead"])
    try await scene.admit(.image("MR", from: "MR1"))
    #expect(try await scene.replace(at: "archive", at: .minutes(5)) == 1)
    // Meanwhile the archive is not sent it.
    #expect(try await scene.claims(for: "archive", at: .minutes(6)).isEmpty)
    try await scene.deliver(to: "workstation", at: .minutes(6))
    #expect(try await scene.states() == ["archive": .superseded, "workstation": .delivered])
    #expect(try await scene.purged(at: .minutes(6) + .hours(24)) == 1)
  }

  /// Local times of Vienna, which is an hour east of UTC in November. 27 November 2026 is a Friday.
  @Test(arguments: [
    ("edited-for-research", "2026-11-27T19:59:00+01:00", "2026-11-27T20:00:00+01:00"),
    ("edited-for-research", "2026-11-27T20:00:00+01:00", nil),
    ("edited-for-research", "2026-11-28T05:59:00+01:00", nil),
    ("edited-for-research", "2026-11-28T12:00:00+01:00", nil),
    // A night belongs to the day on which it begins: that of Sunday to Monday is in none of the windows.
    ("edited-for-research", "2026-11-30T03:00:00+01:00", "2026-11-30T20:00:00+01:00"),
    ("edited-for-research", "2026-12-01T03:00:00+01:00", nil),
    ("teaching", "2026-11-28T21:59:00+01:00", nil),
    ("teaching", "2026-11-28T22:00:00+01:00", "2026-11-29T18:00:00+01:00"),
    ("README/second-copy", "2026-11-27T06:00:00+01:00", "2026-11-27T20:00:00+01:00"),
    ("README/second-copy", "2026-11-28T01:00:00+01:00", nil),
    ("README/chest-pain", "2026-11-28T01:00:00+01:00", "2026-11-28T06:00:00+01:00"),
  ])
  func windowsOpen(_ example: String, at text: String, next opening: String?) throws {
    let sends = try RouteExamples.settings([example]).routes.routes.flatMap(\.sends)
    let timetable = try #require(sends.compactMap(\.terms.timetable).first)
    let moment = try Self.moment(text)
    #expect(timetable.isOpen(at: moment) == (opening == nil))
    if let opening { #expect(try timetable.nextOpening(after: moment) == Self.moment(opening)) }
  }

  private static func moment(_ text: String) throws -> Timestamp {
    let date = try Date(text, strategy: .iso8601)
    return Timestamp(microseconds: Int64(date.timeIntervalSince1970) * 1_000_000)
  }

  @Test(arguments: [("edited-for-research", 5.0), ("README/second-copy", 10), ("README/chest-pain", 5)])
  func aHundredMegabytesTakeSoLong(_ example: String, _ seconds: Double) throws {
    let sends = try RouteExamples.settings([example]).routes.routes.flatMap(\.sends)
    var bucket = TokenBucket(rate: try #require(sends.compactMap(\.terms.maxRate).first))
    var moment = MonotonicTime(nanoseconds: 5_000_000_000)
    let start = moment
    for _ in 0..<1000 { moment = moment + bucket.take(100_000, at: moment) }
    #expect((seconds - 0.5...seconds).contains(moment.since(start).inSeconds))
  }

  /// An example, attributes before, and after; nil what is gone.
  @Test(
    arguments: [
      (
        "edited-for-research",
        [
          "PatientName": "Müller^Jörg", "PatientID": "000815", "PatientAddress": "Ring 1", "Modality": "CT",
          "StudyDescription": "Trial 7",
        ],
        [
          "PatientName": "TRIAL^7", "InstitutionName": "General", "PatientAddress": nil, "PatientID": "T7-815",
          "Modality": "CT", "StudyDescription": "Trial 7",
        ]
      ),
      // What does not match is not replaced.
      ("edited-for-research", ["StudyDescription": "Trial 7", "PatientID": "P9"], ["PatientID": "P9"]),
      (
        "teaching",
        ["SeriesDescription": "TEACHING", "RequestAttributesSequence": "", "AccessionNumber": "A1"],
        [
          "SeriesDescription": "TEACHING", "RequestAttributesSequence": nil, "AccessionNumber": nil,
          "PatientName": "CASE",
        ]
      ),
      (
        "README/coded-for-research",
        ["StudyDescription": "study 12", "PatientID": "0042", "InstitutionName": "Ward 3"],
        [
          "StudyDescription": "study 12", "PatientID": "H42", "InstitutionName": "General",
          "OtherPatientNames": #"A\B"#,
        ]
      ),
    ] as [(String, [String: String], [String: String?])])
  func whatLeavesIsEdited(_ example: String, _ before: [String: String], _ after: [String: String?]) throws {
    var instance = TriedInstance.image("CT")
    instance.attributes += before.map { ($0.key, $0.value) }
    let routes = try RouteExamples.settings([example]).routes
    let planned = routes.plan(for: try instance.input(for: routes)).deliveries
    let edits = try #require(planned.first { $0.destination == "research" }).terms.edits
    let left = try instance.content.passed(edits.compiled())
    for (keyword, text) in after {
      let tag = try #require(DataDictionary.tag(keyword: keyword))
      #expect(left.strings(tag)?.joined(separator: #"\"#) == text, "\(keyword)")
      if text == nil { #expect(left.items(tag) == nil) }
    }
    #expect(left.uid(.sopInstanceUID) == instance.sop.instanceUID)
  }
}

extension DataSet {
  /// What it is after its way to a destination.
  fileprivate func passed(_ edits: [DICOM.Tag: DataSetEdit]) throws -> DataSet {
    let syntax = TransferSyntax.explicitLittleEndian
    let passage = try DataSetPassage(from: syntax, to: syntax, edits: edits)
    var output: [UInt8] = []
    try encoded(as: syntax).withUnsafeBytes { try passage.take($0, into: &output) }
    try passage.finish(into: &output)
    return try DataSet(decoding: output, as: syntax)
  }
}
