import DICOM
import EscrowConfiguration
import FoundationEssentials
import Testing

/// What YAML allows and a configuration does not.
@Suite struct YAMLStrictnessTests {
  @Test(arguments: [
    ("", "1:1: the file is empty"),
    ("# only a comment\n", "1:1: the file is empty"),
    ("---\n", "1:1: the file is empty"),
    ("- a\n", "1:1: the configuration must be a mapping (`key: value`), not a list"),
    ("text", "1:1: the configuration must be a mapping (`key: value`), not `text`"),
    ("log: { level: info }\n---\nlog: {}\n", "3:1: more than one document in a file; remove `---` and what follows"),
    ("log:\n  level: !!str info\n", "2:10: YAML tags are not allowed; a text that begins with `!` is put in quotes"),
    (
      "log:\n  level: !!str \"info\"\n", "2:10: YAML tags are not allowed; a text that begins with `!` is put in quotes"
    ),
    ("log: !x { level: info }\n", "1:6: YAML tags are not allowed; a text that begins with `!` is put in quotes"),
    ("? [a, b]\n: c\n", "1:3: a key must be a text"),
    ("log: { <<: { level: info } }\n", "1:8: merge keys are not allowed; write the keys out"),
    (
      "log: { level: *x }\n",
      "1:15: not YAML: found undefined alias; aliases are not allowed, and a text that begins with `*` is put in quotes"
    ),
    (
      "log:\n\tlevel: info\n",
      "2:1: not YAML: while scanning for the next token, found character that cannot start any token; indent with spaces, not with tabs"
    ),
    ("log: { level: info\n", "2:1: not YAML: while parsing a flow mapping, did not find expected ',' or '}'"),
    ("log: { level: \"a\u{1}\" }", "1:17: not YAML: control characters are not allowed"),
  ])
  func refuses(_ yaml: String, _ error: String) throws {
    let found = try errors(in: yaml)
    #expect(found == [error])
  }

  @Test func refusesAnchorsWithTheirAliases() throws {
    let anchors = "anchors and aliases are not allowed; write it out, or put the text in quotes"
    #expect(try errors(in: "log: { level: &a info }\ntimeZone: *a\n").first == "1:15: \(anchors)")
    #expect(try errors(in: "log: &a { level: info }\nhttp: *a\n").first == "1:6: \(anchors)")
  }

  /// Nine levels of ten references each would be a billion nodes.
  @Test func aliasesThatMultiplyAreNotFollowed() throws {
    let levels = (1...9).map {
      "l\($0): &l\($0) [\(Array(repeating: "*l\($0 - 1)", count: 10).joined(separator: ", "))]"
    }
    let found = try errors(in: "l0: &l0 [x]\n" + levels.joined(separator: "\n") + "\n")
    #expect(found.filter { $0.contains("anchors and aliases") }.count == 10)
  }

  @Test func findsAllDuplicateKeysAndGoesOn() throws {
    let yaml = """
      log: { level: info }
      dicom: { port: 1, "port": 2, 'port': 3 }
      timeZone: UTC
      log: { level: debug }
      http: { port: abc }
      """
    #expect(
      try errors(in: yaml) == [
        "2:19: `port` is given twice, first in line 2", "2:30: `port` is given twice, first in line 2",
        "4:1: `log` is given twice, first in line 1",
        "5:15: `port` must be a whole number from 0 to 65535, not `abc`",
      ])
  }

  @Test func duplicatesOfAnEmptyKeyAreRefusedToo() throws {
    #expect(try errors(in: "\"\": 1\n\"\": 2\n") == ["1:1: `` is given twice"])
  }

  @Test func refusesWhatIsNotUTF8() throws {
    let temporary = try TemporaryConfiguration("")
    try Data(Array("log: {}\n# J".utf8) + [0xFC, 0x72, 0x67]).write(to: URL(filePath: temporary.file))
    #expect(temporary.errors() == ["escrow.yaml:2:4: error: not UTF-8; save the file as UTF-8"])
  }

  @Test func saysThatTheFileIsMissing() {
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationLoader.load(file: "/nonexistent/escrow.yaml", environment: [:])
    }
    #expect(
      error?.description == "/nonexistent/escrow.yaml: error: cannot be read: there is no such file")
  }

  @Test func acceptsByteOrderMarkWindowsLinesAndUmlauts() throws {
    let found = try errors(in: "\u{FEFF}log: { level: info }\r\n# Größe\r\ntimeZone: UTC\r\n")
    #expect(found == [])
    #expect(try errors(in: "log: {}\r\nx: 1\r\n").map { $0.prefix(5) } == ["2:1: "])
  }

  @Test func scalarsAreTypedByTheirKey() throws {
    let temporary = try TemporaryConfiguration(
      """
      aeTitle: [NO, 0123, 1e3, null, ~, "true"]
      dicom: { port: "11112", checkCalledAE: "true" }
      """)
    let settings = try temporary.load().settings
    #expect(settings.aeTitles.map(\.rawValue) == ["NO", "0123", "1e3", "null", "~", "true"])
    #expect(settings.dicom.port == 11112)
    #expect(settings.dicom.checkCalledAE)
  }
}
