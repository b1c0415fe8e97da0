import DICOM
import EscrowConfiguration
import EscrowCore
import Testing

@Suite struct SettingsTests {
  @Test func everythingHasADefault() throws {
    let temporary = try TemporaryConfiguration("aeTitle: ESCROW")
    let loaded = try temporary.load()
    let settings = loaded.settings
    #expect(settings.aeTitles == ["ESCROW"])
    #expect(settings.dicom.port == 11112)
    #expect(settings.http.host == "127.0.0.1")
    #expect(settings.unknownPeers.isEmpty)
    #expect(settings.peers.isEmpty)
    #expect(settings.routes.routes.isEmpty)
    #expect(settings.builtInArchivePort == nil)
    #expect(settings.ledger.keepRecord == .days(180))
    #expect(loaded.warnings.isEmpty)
    #expect(loaded.files == [temporary.file])
  }

  @Test func readsEveryKeyOfTheServer() throws {
    let temporary = try TemporaryConfiguration(
      """
      aeTitle: [ESCROW, OTHER]
      timeZone: Europe/Vienna
      dicom:
        host: 0.0.0.0
        port: 104
        checkCalledAE: true
        limits: { associations: 10, associationsPerAddress: 5, associationRequest: 20s, maximumLength: 64KiB, idle: 2m,
                  messageStall: 15s, dataSetLength: 4GiB }
      http: { host: localhost, port: 0 }
      spool: { path: ../var/spool, lowWatermark: 12.5%, stopWatermark: 256MB }
      ledger: { path: /srv/escrow.db, keepRecord: 400d }
      study: { quiet: 0s }
      routes: { path: routes }
      unknownPeers: { allow: [echo, store] }
      builtInArchive: { port: 11113 }
      log: { level: debug }
      """)
    let settings = try temporary.load().settings
    var limits = Settings.Limits()
    limits.associations = 10
    limits.associationsPerAddress = 5
    limits.associationRequest = .seconds(20)
    limits.maximumLength = 65536
    limits.idle = .seconds(120)
    limits.messageStall = .seconds(15)
    limits.dataSetLength = 4_294_967_296
    #expect(settings.aeTitles == ["ESCROW", "OTHER"])
    #expect(settings.timeZone == "Europe/Vienna")
    #expect(settings.dicom.host == "0.0.0.0")
    #expect(settings.dicom.port == 104)
    #expect(settings.dicom.checkCalledAE)
    #expect(settings.dicom.limits == limits)
    #expect(settings.http.host == "localhost")
    #expect(settings.http.port == 0)
    #expect(settings.spool.lowWatermark == .percent(12.5))
    #expect(settings.spool.stopWatermark == .bytes(256_000_000))
    #expect(settings.studyQuiet == .zero)
    #expect(settings.unknownPeers == [.echo, .store])
    #expect(settings.builtInArchivePort == 11113)
    #expect(settings.log.level == "debug")
    #expect(settings.spool.path == temporary.folder + "/../var/spool")
    #expect(settings.ledger.path == "/srv/escrow.db")
    #expect(settings.ledger.keepRecord == .days(400))
    #expect(settings.routesPath == temporary.folder + "/routes")
  }

  @Test(arguments: [
    (
      "aeTitle: []",
      "1:10: `aeTitle` must not be empty; remove it, or say an AE title of 1 to 16 printable ASCII characters without a backslash"
    ),
    (
      "aeTitle: ABCDEFGHIJKLMNOPQ",
      "1:10: `aeTitle` must be an AE title of 1 to 16 printable ASCII characters without a backslash, not `ABCDEFGHIJKLMNOPQ`"
    ),
    (
      "timeZone: Europe/Wien",
      "1:11: `timeZone` must be a time zone such as `Europe/Vienna` or `UTC`, not `Europe/Wien`"
    ),
    ("dicom: 11112", "1:8: `dicom` must be a mapping (`key: value`), not `11112`"),
    ("dicom:", "1:7: `dicom` must be a mapping (`key: value`), not empty"),
    ("dicom: { port: 65536 }", "1:16: `port` must be a whole number from 0 to 65535, not `65536`"),
    ("dicom: { port: -1 }", "1:16: `port` must be a whole number from 0 to 65535, not `-1`"),
    ("dicom: { port: [1] }", "1:16: `port` must be a whole number from 0 to 65535, not a list"),
    ("dicom: { host: \"a b\" }", "1:16: `host` must be a host name or an IP address, not `a b`"),
    ("dicom: { checkCalledAE: yes }", "1:25: `checkCalledAE` must be `true` or `false`, not `yes`"),
    (
      "dicom: { limits: { maximumLength: 1KiB } }",
      "1:35: `maximumLength` must be a size such as `20MB` or `64MiB`, from 4096 to 1048576 bytes, not `1KiB`"
    ),
    ("dicom: { limits: { idle: 0s } }", "1:26: `idle` must be a duration such as `30s`, `10m`, `2h` or `7d`, not `0s`"),
    (
      "ledger: { keepRecord: 3600s }",
      "1:23: `keepRecord` must be a duration such as `30s`, `10m`, `2h` or `7d`, at least `24h`, not `3600s`"
    ),
    (
      "http: { host: 0.0.0.0 }",
      "1:15: `host`: off loopback needs tokens and TLS, which is not supported yet; use `127.0.0.1` and a proxy"
    ),
    (
      "log: { level: loud }",
      "1:15: `level` must be one of `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`, not `loud`"
    ),
    ("builtInArchive: {}", "1:17: `port` is missing in `builtInArchive`"),
    ("spool: { lowWatermark: 4% }", "1:24: `lowWatermark` must not be below `stopWatermark`"),
    ("http: { port: 11112 }", "1:15: port 11112 of `http` is already that of `dicom`"),
    ("unknownPeers: { allow: [report] }", "1:25: `allow`: only a peer can report; list it under `peers`"),
    ("unknownPeers: { allow: [commit] }", "1:25: `allow`: only a peer can be answered; list it under `peers`"),
    ("dicomm: {}", "1:1: `dicomm` is no key of the configuration; did you mean `dicom`?"),
    ("log: { Level: info }", "1:8: `Level` is no key of `log`; did you mean `level`?"),
    ("log: { colour: true }", "1:8: `colour` is no key of `log`; it has `level`"),
    ("dicomTLS: { port: 2762 }", "1:1: `dicomTLS` is not supported yet; remove it"),
    ("http: { tokensFile: x }", "1:9: `tokensFile` is not supported yet; remove it"),
    ("http: { tls: {} }", "1:9: `tls` is not supported yet; remove it"),
    ("http: { behindProxy: true }", "1:9: `behindProxy` is not supported yet; remove it"),
    ("http: { publicURL: x }", "1:9: `publicURL` is not supported yet; remove it"),
    ("spool: { digest: sha256 }", "1:10: `digest` is not supported yet; remove it"),
  ])
  func refuses(_ yaml: String, _ error: String) throws {
    let found = try errors(in: yaml)
    #expect(found == [error])
  }

  @Test(arguments: [
    ("1s", Duration.seconds(1)), ("90s", .seconds(90)), ("10m", .seconds(600)), ("2h", .seconds(7200)),
    ("7d", .seconds(604_800)), ("0s", .zero), ("36525d", .seconds(3_155_760_000)),
  ])
  func readsDurations(_ text: String, _ duration: Duration) throws {
    #expect(try TemporaryConfiguration("study: { quiet: \(text) }").load().settings.studyQuiet == duration)
  }

  @Test(arguments: [
    "1", "s", "1.5s", "100ms", "-1s", "1 s", "1S", "36526d", "99999999999999999999d", "9223372036854775807d",
  ])
  func refusesDurations(_ text: String) throws {
    #expect(try errors(in: "study: { quiet: \(text) }").count == 1)
  }

  @Test(arguments: [
    ("1B", Settings.Watermark.bytes(1)), ("2kB", .bytes(2000)), ("2KB", .bytes(2000)), ("2KiB", .bytes(2048)),
    ("20MB", .bytes(20_000_000)), ("64MiB", .bytes(67_108_864)), ("1GB", .bytes(1_000_000_000)),
    ("1GiB", .bytes(1_073_741_824)), ("1TiB", .bytes(1_099_511_627_776)), ("0%", .percent(0)), ("5%", .percent(5)),
    ("0.5%", .percent(0.5)),
  ])
  func readsWatermarks(_ text: String, _ watermark: Settings.Watermark) throws {
    let yaml = "spool: { stopWatermark: \(text), lowWatermark: 100% }"
    #expect(try TemporaryConfiguration(yaml).load().settings.spool.stopWatermark == watermark)
  }

  @Test(arguments: ["1", "MB", "1.5MB", "-1MB", "101%", "-1%", "%", "nan%", "0x1p3%", "9999999999TiB", "1 MB", "1mb"])
  func refusesWatermarks(_ text: String) throws {
    #expect(try errors(in: "spool: { stopWatermark: \"\(text)\" }").count == 1)
  }
}
