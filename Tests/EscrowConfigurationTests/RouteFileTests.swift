import DICOM
import EscrowConfiguration
import EscrowCore
import Testing

@Suite struct RouteFileTests {
  func route(_ text: String) throws -> Route {
    let routes = try TemporaryConfiguration(twoDestinations, routes: ["r": text]).load().settings.routes.routes
    return try #require(routes.first)
  }

  @Test func readsEveryKey() throws {
    let route = try route(
      """
      match:
        callingAE: [CT1, "!CT2"]
        sourceAddress: 10.0.0.0/8
        SOPClass: CTImageStorage
        TransferSyntax: "!ExplicitVRLittleEndian"
        Modality: CT
        StudyDescription: /chest|thorax/i
      send:
        - { to: archive, proof: commitment }
        - { to: research, proof: response, priority: low }
      purge: { after: 1h }
      acceptDiscarded: true
      """)
    #expect(route.name == "r")
    #expect(
      route.sends == [
        Route.Send(to: "archive", proof: .commitment), Route.Send(to: "research", proof: .response, priority: .low),
      ])
    #expect(route.retention == .after(.hours(1)))
    #expect(route.acceptDiscarded)
    #expect(route.hold == nil)
    let conditions = route.conditions
    #expect(
      conditions.map(\.name) == [
        "callingAE", "sourceAddress", "SOPClass", "TransferSyntax", "Modality", "StudyDescription",
      ])
    #expect(
      conditions.map(\.subject) == [
        .callingAE, .sourceAddress, .sopClass, .transferSyntax, .attribute(DICOM.Tag(0x0008, 0x0060)),
        .attribute(DICOM.Tag(0x0008, 0x1030)),
      ])
    #expect(conditions[0].negations.map(\.test) == [.exact("CT2")])
    #expect(conditions[1].positives.map(\.test) == [.addresses(try #require(AddressRange("10.0.0.0/8")))])
    #expect(conditions[2].positives.map(\.test) == [.exact("1.2.840.10008.5.1.4.1.1.2")])
    #expect(conditions[3].negations.map(\.test) == [.exact("1.2.840.10008.1.2.1")])
    #expect(
      conditions[5].positives.map(\.test) == [.expression(try RegularExpression("chest|thorax", ignoresCase: true))])
  }

  @Test(arguments: [
    ("never", Retention.never), ("{ after: never }", .never), ("{ after: 0s }", .after(.zero)),
    ("{ after: 7d }", .after(.days(7))),
  ])
  func readsRetention(_ text: String, _ retention: Retention) throws {
    #expect(try route("match: {}\nhold: x\npurge: \(text)").retention == retention)
  }

  @Test(arguments: [
    ("0.0.0.0", "ESCROW, host: 10.0.0.5"), ("0.0.0.0", "OTHER, host: 127.0.0.1"),
    ("0.0.0.0", "OTHER, host: LOCALHOST"), ("0.0.0.0", "OTHER, host: \"::1\""), ("\"::\"", "OTHER, host: 127.0.1.1"),
    ("127.0.0.1", "OTHER, host: localhost"), ("10.9.9.9", "OTHER, host: 10.9.9.9"),
    ("\"fd00:0::1\"", "OTHER, host: \"FD00::1\""), ("Pacs.example", "OTHER, host: pacs.example"),
  ])
  func nothingIsSentToOurselves(_ bound: String, _ peer: String) throws {
    let settings = """
      dicom: { host: \(bound), port: 11112 }
      peers:
        itself: { aeTitle: \(peer), port: 11112, allow: [report] }
      """
    let route = "match: {}\nsend: [{ to: itself, proof: commitment }]"
    let problems = try #require(throws: ConfigurationError.self) {
      try TemporaryConfiguration(settings, routes: ["r": route]).load()
    }
    #expect("\(problems)".contains("peer `itself` is this router itself"))
  }

  /// Another port, or another address than the one that is listened on.
  @Test(arguments: [("0.0.0.0", "pacs.example"), ("10.9.9.9", "127.0.0.1"), ("127.0.0.1", "10.9.9.9")])
  func aDestinationElsewhereIsNotOurselves(_ bound: String, _ remote: String) throws {
    let settings = """
      dicom: { host: \(bound), port: 11112 }
      peers:
        archive: { aeTitle: OTHER, host: 127.0.0.1, port: 11113, allow: [report] }
        remote: { aeTitle: OTHER2, host: \(remote), port: 11112, allow: [report] }
      """
    let route = "match: {}\nsend: [{ to: archive, proof: commitment }, { to: remote, proof: commitment }]"
    #expect(try TemporaryConfiguration(settings, routes: ["r": route]).load().settings.routes.routes.count == 1)
  }

  @Test func namesAndUIDsOfClasses() throws {
    let found = try route(
      "match: { SOPClass: [1.2.840.10008.5.1.4.1.1.4, \"1.2.840.*\"], TransferSyntax: 1.2.3 }\nhold: x"
    ).conditions
    #expect(found[0].positives.map(\.test) == [.exact("1.2.840.10008.5.1.4.1.1.4"), .glob(Glob("1.2.840.*"))])
    #expect(found[1].positives.map(\.test) == [.exact("1.2.3")])
  }

  @Test func takesEverythingOrTheRest() throws {
    #expect(try route("match: {}\nhold: look").match == .all([]))
    #expect(try route("match: otherwise\nhold: look").match == .otherwise)
    #expect(try route("match: {}\nhold: look").hold == "look")
    #expect(try route("match: {}\nhold: look").retention == .standard)
  }

  @Test func textStaysText() throws {
    let patterns = try route("match: { Modality: [NO, 0123, null, 1.50] }\nhold: x").conditions[0].positives
    #expect(patterns.map(\.test) == [.exact("NO"), .exact("0123"), .exact("null"), .exact("1.50")])
  }

  @Test(arguments: [
    ("send: [{ to: archive, proof: commitment }]", "1:1: `match` is missing in a route"),
    ("match: {}", "1:1: `send` is missing: say where to, or `hold` and why"),
    (
      "match: others\nhold: x", "1:8: `match` must be a mapping of attributes to patterns, or `otherwise`, not `others`"
    ),
    ("match: {}\nsend: archive", "2:7: `send` must be a list of `- { to: PEER, proof: commitment }`, not `archive`"),
    ("match: {}\nsend: []", "2:7: `send` must not be empty: say where to, `- { to: PEER, proof: commitment }`"),
    ("match: {}\nsend: [{ to: archive }]", "2:8: `proof` is missing in `send`"),
    ("match: {}\nsend: [{ proof: response }]", "2:8: `to` is missing in `send`"),
    ("match: {}\nsend: [{ to: archiv, proof: response }]", "2:14: there is no peer `archiv`; did you mean `archive`?"),
    ("match: {}\nsend: [{ to: pacs, proof: response }]", "2:14: there is no peer `pacs`"),
    (
      "match: {}\nsend: [{ to: sender, proof: response }]",
      "2:14: peer `sender` has no `host` and `port`, so nothing can be sent to it"
    ),
    (
      "match: {}\nsend: [{ to: research, proof: commitment }]",
      "2:31: peer `research` may not report; add `report` to its `allow`, or ask for `proof: query` or `proof: response`"
    ),
    (
      "match: {}\nsend: [{ to: archive, proof: response }, { to: archive, proof: commitment }]",
      "2:48: `archive` is already a destination of this route"
    ),
    (
      "match: {}\nsend: [{ to: archive, proof: none }]",
      "2:30: `proof` must be one of `response`, `query`, `commitment`, not `none`"
    ),
    (
      "match: {}\nsend: [{ to: archive, proof: response, priority: urgent }]",
      "2:50: `priority` must be one of `high`, `medium`, `low`, not `urgent`"
    ),
    (
      "match: { Modalty: CT }\nhold: x",
      "1:10: `Modalty` is neither a keyword of PS3.6 nor one of `SOPClass`, `TransferSyntax`, `calledAE`, `callingAE`, `sourceAddress`; did you mean `Modality`?"
    ),
    (
      "match: { TransferSyntaxUID: CT }\nhold: x",
      "1:10: `TransferSyntaxUID` is not part of a data set; use `SOPClass` or `TransferSyntax`"
    ),
    (
      "match: { PixelData: \"*\" }\nhold: x",
      "1:10: `PixelData` is not looked at: routes read what is in front of the pixels"
    ),
    (
      "match: { RequestAttributesSequence: [\"!*\", x] }\nhold: x",
      "1:44: `RequestAttributesSequence`: it has no text to match (its VR is SQ); \"*\" asks whether it is there, "
        + "\"!*\" whether it is not"
    ),
    (
      "match: { Modality: }\nhold: x",
      "1:20: `Modality`: an empty pattern matches nothing; use \"!*\" for an attribute that is absent or empty"
    ),
    (
      "match: { Modality: [] }\nhold: x",
      "1:20: `Modality` must not be empty; remove it, or say a text, or a list of texts"
    ),
    ("match: { Modality: { is: CT } }\nhold: x", "1:20: `Modality` must be a text, or a list of texts, not a mapping"),
    (
      "match: { Modality: !CT }\nhold: x",
      "1:20: YAML tags are not allowed; a text that begins with `!` is put in quotes"
    ),
    (
      "match: { StudyDescription: /a(b/ }\nhold: x",
      "1:28: `StudyDescription`: bad regular expression at its character 4: missing closing parenthesis"
    ),
    (
      "match: { StudyDescription: /ab }\nhold: x",
      "1:28: `StudyDescription`: the regular expression has no closing `/`; a text that begins with `/` is written `\\/`"
    ),
    (
      "match: { StudyDate: \">2026\" }\nhold: x",
      "1:21: `StudyDate`: `2026` is not a date such as `2026-01-31`, with which its values are compared"
    ),
    (
      "match: { StudyDescription: \"<5\" }\nhold: x",
      "1:28: `StudyDescription`: only numbers, dates, times and ages can be compared; a text that begins with `<` or `>` is written `\\<`"
    ),
    (
      "match: { callingAE: ABCDEFGHIJKLMNOPQ }\nhold: x",
      "1:21: `callingAE`: `ABCDEFGHIJKLMNOPQ` is no AE title: 1 to 16 printable ASCII characters"
    ),
    (
      "match: { sourceAddress: 10.0.0 }\nhold: x",
      "1:25: `sourceAddress`: `10.0.0` is no IP address, no range such as `10.0.0.0/24`, and not `http`"
    ),
    (
      "match: { SOPClass: CTImage }\nhold: x",
      "1:20: `SOPClass`: `CTImage` is neither the keyword of a SOP class in PS3.6 nor a UID of one"
    ),
    (
      "match: { TransferSyntax: Implicit }\nhold: x",
      "1:26: `TransferSyntax`: `Implicit` is neither the keyword of a transfer syntax in PS3.6 nor a UID of one"
    ),
    ("match: {}\nhold:", "2:6: `hold` must be a text that says why, for operators, not empty"),
    ("match: {}\nhold: x\npurge: 1h", "3:8: `purge` must be `{ after: 1h }` or `never`, not `1h`"),
    ("match: {}\nhold: x\npurge: {}", "3:8: `after` is missing in `purge`"),
    (
      "match: {}\nhold: x\npurge: { after: soon }",
      "3:17: `after` must be a duration such as `30s`, `10m`, `2h` or `7d`; `0s` is allowed, or `never`, not `soon`"
    ),
    (
      "match: {}\nhold: x\nacceptDiscard: true",
      "3:1: `acceptDiscard` is no key of a route; did you mean `acceptDiscarded`?"
    ),
  ])
  func refuses(_ text: String, _ error: String) throws {
    let found = try errors(inRoute: text)
    #expect(found == [error])
  }

  @Test func readsHowItIsSent() throws {
    let route = try route(
      """
      match: {}
      send:
        - { to: archive, proof: commitment }
        - to: research
          proof: response
          window: [Mon-Fri 20:00-06:00, "Sat,Sun 00:00-24:00"]
          maxRate: 20MB/s
          set: { InstitutionName: General, OtherPatientNames: [A, B], Rows: 7 }
          remove: [PatientAddress]
          replace: { PatientID: { match: /^0+(\\d)/i, with: P$1 } }
      acceptEdited: true
      """.replacing("Rows: 7", with: "SeriesNumber: 7"))
    let terms = try #require(route.sends.last).terms
    #expect(
      terms.edits == [
        Edit("InstitutionName", .set("General")), Edit("OtherPatientNames", .set("A\\B")),
        Edit("PatientAddress", .remove),
        Edit("PatientID", .replace(pattern: "^0+(\\d)", ignoresCase: true, by: "P$1")),
        Edit("SeriesNumber", .set("7")),
      ])
    #expect(terms.timetable?.description == "Mon,Tue,Wed,Thu,Fri 20:00-06:00, Sat,Sun 00:00-24:00 UTC")
    #expect(terms.maxRate == 20_000_000)
    #expect(route.sends.first?.terms == .plain)
    #expect(route.acceptEdited)
  }

  @Test func readsSeveralDestinationsOfOneItem() throws {
    let send = try #require(
      try route("match: {}\nsend: [{ to: [archive, research], proof: response, spread: study }]").sends.first)
    #expect(send.destinations == ["archive", "research"])
    let instead = try #require(
      try route("match: {}\nsend: [{ to: archive, proof: response, orElse: research }]").sends.first)
    #expect(instead.terms.alternative == .init("research", cannotCommit: true))
  }

  @Test(
    arguments: [
      (
        "window: 20-06",
        "`window` must be a window such as `20:00-06:00` or `Mon-Fri 18:00-07:00`, or a list of them, not `20-06`"
      ),
      ("maxRate: 20MB", "`maxRate` must be a rate such as `20MB/s` or `512KiB/s`, at least `1KB/s`, not `20MB`"),
      ("maxRate: 10B/s", "`maxRate` must be a rate such as `20MB/s` or `512KiB/s`, at least `1KB/s`, not `10B/s`"),
      ("spread: series", "`spread` must be `study`: all of a study goes to the same destination, not `series`"),
      ("spread: study", "`spread` needs several destinations: `to: [a, b]`"),
      ("orElse: nobody", "there is no peer `nobody`"), ("orElse: archive", "`orElse` must be another peer than `to`"),
      ("set: x", "`set` must be a mapping (`key: value`), not `x`"),
      ("set: { InstitutionNam: x }", "`InstitutionNam` is no keyword of PS3.6; did you mean `InstitutionName`?"),
      (
        "set: { SOPInstanceUID: 1.2 }",
        "`SOPInstanceUID` cannot be edited: it names the instance, and storage commitment would speak of another one"
      ),
      (
        "set: { SOPClassUID: 1.2 }",
        "`SOPClassUID` cannot be edited: it names the instance, and storage commitment would speak of another one"
      ),
      (
        "set: { SpecificCharacterSet: x }",
        "`SpecificCharacterSet` cannot be edited: it says how all other texts are to be read"
      ),
      ("set: { Rows: 5 }", "`Rows` cannot be edited: the pixel data would be read wrongly"),
      ("set: { TransferSyntaxUID: 1.2 }", "`TransferSyntaxUID` cannot be edited: it is not part of the data set"),
      ("set: { Modality: ct }", "`Modality`: `ct` is no value of VR CS (PS3.5 §6.2)"),
      ("set: { StudyDate: 2026-01-01 }", "`StudyDate`: `2026-01-01` is no value of VR DA (PS3.5 §6.2)"),
      (
        "set: { ReferencedStudySequence: x }",
        "`ReferencedStudySequence` cannot be set: its VR is SQ, which is no text and no number"
      ),
      (
        "set: { PatientID: 'a\\b' }",
        "`PatientID`: a backslash separates values (PS3.5 §6.4); write several as a list: `[A, B]`"
      ),
      (
        "set: { SeriesNumber: '1\\2' }",
        "`SeriesNumber`: a backslash separates values (PS3.5 §6.4); write several as a list: `[A, B]`"
      ),
      (
        "set: { OtherPatientNames: [A, 'B\\C'] }",
        "`OtherPatientNames`: a backslash separates values (PS3.5 §6.4); write several as a list: `[A, B]`"
      ),
      (
        "set: { RecommendedDisplayFrameRateInFloat: '1\\2' }",
        "`RecommendedDisplayFrameRateInFloat`: a backslash separates values (PS3.5 §6.4); write several as a list: `[A, B]`"
      ),
      ("set: { PatientComments: [A, B] }", "`PatientComments` has one value only (VR LT, PS3.5 §6.4), not a list"),
      ("replace: { PatientID: { match: /x/, with: 'a\\b' } }", "`with`: a backslash separates values (PS3.5 §6.4)"),
      ("remove: [StudyInstanceUID]", "`StudyInstanceUID` says where an instance belongs; it can be set, not removed"),
      ("remove: [PixelData]", "`PixelData` cannot be edited: the pixel data would be read wrongly"),
      ("set: { PatientID: x }, remove: PatientID", "`PatientID` is already edited in this item"),
      ("replace: { PatientID: { match: /x/ } }", "`with` is missing in a replacement"),
      (
        "replace: { PatientID: { match: x, with: y } }", "`match` must be a regular expression such as `/^0+/`, not `x`"
      ),
      (
        "replace: { PatientID: { match: /(/, with: y } }",
        "`match`: bad regular expression at its character 2: missing closing parenthesis"
      ),
      ("replace: { PatientID: { match: /(x)/, with: $2 } }", "`with`: there is no group `$2`; the expression has 1"),
      (
        "replace: { PatientID: { match: /x/, with: $ } }",
        "`with`: `$` stands before the number of a group; a dollar sign is written `$$`"
      ),
    ])
  func refusesHowItIsSent(_ keys: String, _ error: String) throws {
    let found = try errors(inRoute: "match: {}\nsend: [{ to: archive, proof: response, \(keys) }]")
    #expect(found.map { $0.drop { $0 != " " }.dropFirst() }.map(String.init) == [error])
  }

  @Test func whereABackslashSeparatesNothingItIsACharacter() throws {
    let route = try route(
      "match: {}\nacceptEdited: true\nsend: [{ to: archive, proof: response, set: { PatientComments: 'a\\b' }, "
        + "replace: { AdditionalPatientHistory: { match: /x/, with: 'c\\d' } } }]")
    #expect(
      try #require(route.sends.last).terms.edits == [
        Edit("AdditionalPatientHistory", .replace(pattern: "x", ignoresCase: false, by: "c\\d")),
        Edit("PatientComments", .set("a\\b")),
      ])
  }

  @Test func theBackslashIsFoundInItsItem() throws {
    let found = try errors(
      inRoute: "match: {}\nsend: [{ to: archive, proof: response, set: { OtherPatientNames: [A, 'B\\C'] } }]")
    #expect(found.map { $0.prefix { $0 != " " } } == ["2:70:"])
  }

  @Test func severalDestinationsWithoutSpreadAreAnError() throws {
    let found = try errors(inRoute: "match: {}\nsend: [{ to: [archive, research], proof: response }]")
    #expect(
      found == [
        "2:14: several destinations in one item: add `spread: study` for one of them, or give each an item of its own"
      ])
  }

  @Test func warnsWhenOnlyEditedCopiesLeave() throws {
    let text = "match: {}\nsend: [{ to: research, proof: response, remove: PatientName }]"
    let temporary = try TemporaryConfiguration(twoDestinations, routes: ["r": text])
    #expect(try temporary.warnings().count == 1)
    let accepting = try TemporaryConfiguration(twoDestinations, routes: ["r": text + "\nacceptEdited: true"])
    #expect(try accepting.warnings() == [])
  }
}
