import EscrowConfiguration
import EscrowCore
import FoundationEssentials
import Testing

@Suite struct WebhookTests {
  static let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
  static let older = "whsec_" + Data(repeating: 8, count: 24).base64EncodedString()

  func errors(_ webhook: String) throws -> [String] {
    try EscrowConfigurationTests.errors(
      in: "webhooks:\n  ops: { \(webhook) }", environment: ["SECRET": Self.secret, "SHORT": "whsec_AAAA"])
  }

  @Test func readsEveryKey() throws {
    let temporary = try TemporaryConfiguration(
      """
      webhooks:
        ops:
          url: https://monitor.example:8443/hook?x=1
          secretFile: [new.secret, old.secret]
          events: [study.committed, "destination.*"]
          allowAddresses: [127.0.0.0/8]
          includePatient: true
      """, files: ["new.secret": Self.secret + "\n", "old.secret": "  " + Self.older])
    #expect(
      try temporary.load().settings.webhooks == [
        Settings.WebhookEndpoint(
          name: "ops", url: "https://monitor.example:8443/hook?x=1", secrets: [Self.secret, Self.older],
          events: [.studyCommitted, .destinationDown, .destinationUp],
          allowAddresses: ["127.0.0.0/8"].compactMap { AddressRange($0) }, includePatient: true)
      ])
  }

  @Test func isToldEverythingPublicByDefault() throws {
    let temporary = try TemporaryConfiguration("webhooks: { ops: { url: \"http://h/\", secret: \"${SECRET}\" } }")
    temporary.environment = ["SECRET": Self.secret]
    let loaded = try temporary.load()
    let endpoint = try #require(loaded.settings.webhooks.first)
    #expect(endpoint.events == Set(EventKind.allCases.filter(\.isPublic)))
    #expect(endpoint.secrets == [Self.secret])
    #expect(!endpoint.includePatient)
    #expect(loaded.warnings.isEmpty)
  }

  @Test(arguments: [
    (
      "url: \"ftp://h/\", secret: \"${SECRET}\"",
      "2:15: `url` must be a URL such as `https://host/path`, not `ftp://h/`"
    ),
    (
      "url: \"https:///x\", secret: \"${SECRET}\"",
      "2:15: `url` must be a URL such as `https://host/path`, not `https:///x`"
    ),
    (
      "url: \"https://u:p@h/\", secret: \"${SECRET}\"",
      "2:15: `url`: must not hold credentials; requests are signed instead"
    ),
    ("url: \"https://h/#x\", secret: \"${SECRET}\"", "2:15: `url`: must not have a fragment (`#…`)"),
    ("secret: \"${SECRET}\"", "2:8: `url` is missing in webhook `ops`"),
    ("url: \"https://h/\"", "2:8: `secretFile` is missing in webhook `ops`: requests are always signed"),
    ("url: \"https://h/\", secret: \"${NONE}\"", "2:37: `secret`: the environment variable `NONE` is not set"),
    (
      "url: \"https://h/\", secret: \"${SHORT}\"",
      "2:37: the environment variable `SHORT` is no secret: it must be `whsec_` and base64 of 24 to 64 bytes (`echo whsec_$(openssl rand -base64 32)`)"
    ),
    (
      "url: \"https://h/\", secret: [\"${SECRET}\", \"${SECRET}\", \"${SECRET}\"]",
      "2:37: at most two secrets, the new one and the one it replaces"
    ),
    (
      "url: \"https://h/\", secret: \"${SECRET}\", events: [study.comitted]",
      "2:59: `events`: there is no event `study.comitted`; did you mean `study.committed`?"
    ),
    (
      "url: \"https://h/\", secret: \"${SECRET}\", events: [\"studies.*\"]",
      "2:59: `events`: there is no event `studies.*`"
    ),
    (
      "url: \"https://h/\", secret: \"${SECRET}\", events: [instance.received]",
      "2:59: `events`: there is no event `instance.received`"
    ),
    (
      "url: \"https://h/\", secret: \"${SECRET}\", event: []",
      "2:50: `event` is no key of webhook `ops`; did you mean `events`?"
    ),
  ])
  func refuses(_ webhook: String, _ error: String) throws {
    let found = try errors(webhook)
    #expect(found == [error])
  }

  @Test func refusesFilesThatAreMissingOrNoSecret() throws {
    let temporary = try TemporaryConfiguration(
      """
      webhooks:
        a: { url: "https://h/", secretFile: none }
        b: { url: "https://h/", secretFile: bad.secret }
      """, files: ["bad.secret": "password"])
    let found = temporary.errors()
    #expect(found.first == "escrow.yaml:2:39: error: `secretFile`: cannot read `none`")
    #expect(found.last?.hasPrefix("escrow.yaml:3:39: error: the content of `bad.secret` is no secret") == true)
    #expect(found.count == 2)
    #expect(!found.joined().contains("password"))
  }

  @Test func givingBothKindsOfSecretIsAnError() throws {
    let temporary = try TemporaryConfiguration(
      "webhooks: { a: { url: \"https://h/\", secretFile: s, secret: \"${S}\" } }", files: ["s": Self.secret])
    temporary.environment = ["S": Self.secret]
    #expect(
      temporary.errors() == [
        "escrow.yaml:1:60: error: give either `secretFile` or `secret`; either may be a list of two"
      ])
  }

  @Test func warnsOfSecretsThatOthersCanRead() throws {
    let temporary = try TemporaryConfiguration(
      """
      webhooks:
        a: { url: "https://h/", secretFile: s }
        b: { url: "https://h/", secret: \(Self.secret) }
      """, files: ["s": Self.secret])
    let file = temporary.folder + "/s"
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    #expect(
      try temporary.warnings() == [
        "escrow.yaml:2:39: warning: `s` is readable by everybody; `chmod o-r` it",
        "escrow.yaml:3:35: warning: a secret in the configuration file; move it to a `secretFile` or to the environment",
      ])
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    #expect(try temporary.warnings().count == 1)
  }
}
