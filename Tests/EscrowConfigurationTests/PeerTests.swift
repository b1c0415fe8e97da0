import DICOM
import EscrowConfiguration
import EscrowCore
import Testing

@Suite struct PeerTests {
  @Test func readsEveryKey() throws {
    let yaml = """
      peers:
        archive:
          aeTitle: ARCHIVE
          host: pacs.example
          port: 104
          addresses: [10.0.0.5, 10.1.0.0/16]
          allow: [echo, store, report]
          localAE: ESCROW
          associations: 2
          retry: { first: 10s, max: 5m, alarmAfter: 2h }
          timeouts: { connect: 1s, association: 2s, echo: 3s, store: 4s, action: 5s, idle: 0s }
          commitment: { aeTitle: [SCP1, SCP2], addresses: 10.0.0.6, quiet: 1s, maxWait: 2s, maxReferences: 3,
                        waitOnAssociation: 4s, askAgain: [5s, 6m], alarmAfter: 7h, asksBeforeResend: 8, maxResends: 9,
                        resendAfter: 10s }
          duplicateIsStored: true
          overwrites: true
          strictRoles: true
      """
    let peer = try #require(try TemporaryConfiguration(yaml).load().settings.peers["archive"])
    let expected = Peer(
      name: "archive", aeTitle: "ARCHIVE", host: "pacs.example", port: 104,
      addresses: ["10.0.0.5", "10.1.0.0/16"].compactMap { AddressRange($0) }, allow: [.echo, .store, .report],
      localAE: "ESCROW", associations: 2,
      retry: RetryPolicy(first: .seconds(10), max: .minutes(5), alarmAfter: .hours(2)),
      timeouts: PeerTimeouts(
        connect: .seconds(1), association: .seconds(2), echo: .seconds(3), store: .seconds(4), action: .seconds(5),
        idle: .zero),
      commitment: CommitmentIdentity(
        aeTitles: ["SCP1", "SCP2"], addresses: ["10.0.0.6"].compactMap { AddressRange($0) },
        policy: CommitmentPolicy(
          quiet: .seconds(1), maxWait: .seconds(2), maxReferences: 3, waitOnAssociation: .seconds(4),
          askAgain: [.seconds(5), .minutes(6)], alarmAfter: .hours(7), asksBeforeResend: 8, maxResends: 9,
          resendAfter: .seconds(10))),
      duplicateIsStored: true, overwrites: true, strictRoles: true)
    #expect(peer == expected)
  }

  @Test func readsWhatBecomesOfWhatItSends() throws {
    let yaml = """
      peers:
        ct1: { aeTitle: CT1, addresses: 10.0.0.7, allow: store, intake: { maxRate: 50MB/s, quota: 200GB, hold: "being tested" },
               expect: { hours: "Mon-Fri 07:00-18:00", silence: 3h } }
      """
    let peer = try #require(try TemporaryConfiguration(yaml).load().settings.peers["ct1"])
    #expect(peer.intake == IntakePolicy(maxRate: 50_000_000, quota: 200_000_000_000, hold: "being tested"))
    let hours = try #require(TimeWindow("Mon-Fri 07:00-18:00"))
    #expect(peer.expect == ExpectedTraffic(hours: [hours], silence: .hours(3)))
  }

  @Test func intakeMeansNothingWithoutStore() throws {
    let yaml = "peers:\n  a: { aeTitle: A, addresses: 10.0.0.7, intake: { hold: x } }"
    #expect(
      try TemporaryConfiguration(yaml).warnings() == [
        "escrow.yaml:2:49: warning: `intake` means nothing while `allow` of peer `a` has no `store`"
      ])
  }

  @Test func mayBeShort() throws {
    let peers = try TemporaryConfiguration(twoDestinations).load().settings.peers
    #expect(peers["research"] == Peer(name: "research", aeTitle: "RESEARCH", host: "10.0.0.6", port: 104))
    #expect(peers["sender"]?.allow == [.store])
  }

  @Test(arguments: [
    ("{ host: h, port: 1 }", "2:6: `aeTitle` is missing in peer `a`"),
    ("{ aeTitle: A, host: h }", "2:26: `host` without `port`: say where peer `a` listens"),
    ("{ aeTitle: A, port: 1, addresses: 10.0.0.1 }", "2:26: `port` without `host`: say where peer `a` listens"),
    ("{ aeTitle: A }", "2:6: peer `a` could never be recognised; give it `addresses` (or `host` and `port`)"),
    ("{ aeTitle: A, host: h, port: 0 }", "2:35: `port` must be a whole number from 1 to 65535, not `0`"),
    (
      "{ aeTitle: A, addresses: [10.0.0.0/33] }",
      "2:32: `addresses` must be an IP address, or a range such as `10.0.0.0/24` or `fd00::/8`, not `10.0.0.0/33`"
    ),
    (
      "{ aeTitle: A, addresses: 10.0.0.1, allow: [echo, comit] }",
      "2:55: `allow` must be one of `echo`, `store`, `report`, `commit`, not `comit`"
    ),
    (
      "{ aeTitle: A, host: h, port: 1, allow: [commit], commitWhen: received }",
      "2:67: `commitWhen` must be one of `delivered`, `spooled`, not `received`"
    ),
    (
      "{ aeTitle: A, host: h, port: 1, allow: [commit], vouchFor: query }",
      "2:65: `vouchFor`: `query` is not supported yet"
    ),
    (
      "{ aeTitle: A, host: h, port: 1, allow: [commit], decide: https://a.test }",
      "2:63: `decide` must be a mapping such as `{ url: https://…, secretFile: … }`, not `https://a.test`"
    ),
    (
      "{ aeTitle: A, host: h, port: 1, allow: [commit], decide: { url: 'https://a.test' } }",
      "2:63: `secretFile` is missing in `decide`: requests are always signed"
    ),
    (
      "{ aeTitle: A, addresses: 10.0.0.1, retry: { first: 2m, max: 1m } }",
      "2:48: `first` must not be longer than `max`"
    ),
    (
      "{ aeTitle: A, addresses: 10.0.0.1, commitment: { askAgain: [] } }",
      "2:65: `askAgain` must not be empty; remove it, or say a duration such as `30s`, `10m`, `2h` or `7d`"
    ),
    (
      "{ aeTitle: A, addresses: 10.0.0.1, query: { batch: 2000 } }",
      "2:57: `batch` must be a whole number from 1 to 1000, not `2000`"
    ),
    (
      "{ aeTitle: A, addresses: 10.0.0.1, query: { resendAftr: 2 } }",
      "2:50: `resendAftr` is no key of `query`; did you mean `resendAfter`?"
    ),
    (
      "{ aeTitle: A, addresses: 10.0.0.1, timeout: {} }",
      "2:41: `timeout` is no key of peer `a`; did you mean `timeouts`?"
    ),
    ("text", "2:6: peer `a` must be a mapping (`key: value`), not `text`"),
  ])
  func refuses(_ peer: String, _ error: String) throws {
    let found = try errors(in: "peers:\n  a: \(peer)")
    #expect(found == [error])
  }

  @Test func readsHowItIsQueried() throws {
    let yaml = """
      peers:
        a:
          { aeTitle: A, host: h, port: 1, timeouts: { query: 20s },
            query: { aeTitle: B, host: i, port: 2, after: 0s, askAgain: [1m, 2m], resendAfter: 4, maxResends: 5,
              batch: 60, recheck: 7d, alarmAfter: 2h } }
        b: { aeTitle: B, host: h, port: 2 }
      """
    let peers = try TemporaryConfiguration(yaml).load().settings.peers
    #expect(
      peers["a"]?.query
        == QueryIdentity(
          aeTitle: "B", host: "i", port: 2,
          policy: QueryPolicy(
            after: .zero, askAgain: [.minutes(1), .minutes(2)], resendAfter: 4, maxResends: 5, batch: 60,
            recheck: .days(7), alarmAfter: .hours(2))))
    #expect(peers["a"]?.timeouts.query == .seconds(20))
    #expect(peers["b"]?.query == QueryIdentity())
  }

  @Test func readsHowItIsAnswered() throws {
    let yaml = """
      peers:
        a:
          { aeTitle: A, host: h, port: 1, allow: [commit], answerWithin: 2h, maySee: all, vouchFor: response,
            completes: true, reportOn: same, decide: { url: "https://a.test/ask", secret: "${SECRET}", timeout: 5s } }
        b: { aeTitle: B, host: h, port: 2, allow: [commit] }
      """
    let secret = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
    let temporary = try TemporaryConfiguration(yaml)
    temporary.environment = ["SECRET": secret]
    let peers = try temporary.load().settings.peers
    #expect(
      peers["a"]?.inquiries
        == InquiryPolicy(
          answerWithin: .hours(2), maySee: .all, vouchFor: .response,
          decide: HookEndpoint(url: "https://a.test/ask", secrets: [secret], timeout: .seconds(5)), completes: true,
          reportOn: .same))
    #expect(peers["b"]?.inquiries == InquiryPolicy())
    #expect(peers["b"]?.inquiries.answerWithin == .hours(24))
  }

  @Test func onlyOneDecides() throws {
    let yaml = """
      peers:
        a:
          { aeTitle: A, host: h, port: 1, allow: [commit], commitWhen: spooled,
            decide: { url: "https://a.test", secret: "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw" } }
      """
    #expect(try errors(in: yaml) == ["3:66: give either `decide` or `commitWhen`: only one can decide"])
  }

  @Test func whatMeansNothingIsTold() throws {
    let yaml = """
      peers:
        a: { aeTitle: A, addresses: 10.0.0.1, allow: [store], answerWithin: 1h }
        b: { aeTitle: B, addresses: 10.0.0.1, allow: [store, commit] }
      """
    #expect(
      try TemporaryConfiguration(yaml).warnings() == [
        "escrow.yaml:2:71: warning: `answerWithin` means nothing while `allow` of peer `a` has no `commit`",
        "escrow.yaml:3:48: warning: peer `b` may ask for commitment, but cannot be told the answer: give it `host` and `port`",
      ])
  }

  @Test(arguments: [
    ("{ callingAE: CT1 }", "never", true), ("{ callingAE: CT1 }", "{ after: 1h }", false),
    ("{ callingAE: CT2 }", "{ after: 1h }", true), ("{ callingAE: 'CT*', Modality: CT }", "{ after: 1h }", false),
    ("{ callingAE: '!CT1' }", "{ after: 1h }", true), ("otherwise", "{ after: 1h }", false),
  ])
  func whatIsPromisedMustStay(_ match: String, _ purge: String, _ isRight: Bool) throws {
    let yaml = """
      peers:
        ct1: { aeTitle: CT1, host: h, port: 1, allow: [store, commit], commitWhen: spooled }
        pacs: { aeTitle: PACS, host: h, port: 2, allow: [report] }
      """
    let route = "match: \(match)\nsend: [{ to: pacs, proof: commitment }]\npurge: \(purge)"
    let found = try errors(in: yaml, routes: ["keep": route])
    #expect(
      found
        == (isRight
          ? []
          : [
            "2:78: route `keep` purges what peer `ct1` sends, so its copy here cannot be promised; say `purge: never` in "
              + "that route, or `commitWhen: delivered`"
          ]))
  }

  @Test(arguments: ["certificate", "tls"])
  func doesNotHave(_ key: String) throws {
    #expect(
      try errors(in: "peers:\n  a: { aeTitle: A, addresses: 10.0.0.1, \(key): x }") == [
        "2:41: `\(key)` is not supported yet; remove it"
      ])
  }

  @Test(arguments: [
    ("addresses: 10.0.0.0/24", "addresses: 10.0.0.9", "share addresses of 10.0.0.9/32"),
    ("addresses: 10.0.0.9", "addresses: [10.1.0.0/16, 10.0.0.0/8]", "share addresses of 10.0.0.0/8"),
    ("host: 10.0.0.9, port: 1", "addresses: 10.0.0.0/8", "share addresses of 10.0.0.0/8"),
    ("host: h, port: 1", "addresses: 10.0.0.0/8", "give both `addresses` to tell them apart"),
    ("host: h, port: 1", "host: i, port: 1", "give both `addresses` to tell them apart"),
  ])
  func twoPeersMustBeTellable(_ one: String, _ other: String, _ reason: String) throws {
    let found = try errors(in: "peers:\n  a: { aeTitle: X, \(one) }\n  b: { aeTitle: X, \(other) }")
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("3:") == true)
    #expect(found.first?.hasSuffix(reason) == true)
  }

  @Test func differentAddressesTellThemApart() throws {
    let yaml = """
      peers:
        a: { aeTitle: X, addresses: 10.0.0.0/24 }
        b: { aeTitle: X, addresses: 10.0.1.0/24 }
        c: { aeTitle: X, host: 10.0.2.1, port: 104 }
        d: { aeTitle: x, addresses: 10.0.0.0/24 }
      """
    #expect(try errors(in: yaml) == [])
  }

  @Test func ourOwnNameMustBeOneThatIsAnswered() throws {
    let peers = "peers: { a: { aeTitle: A, addresses: 10.0.0.1, localAE: OTHER } }"
    #expect(try errors(in: peers) == [])
    #expect(
      try errors(in: "dicom: { checkCalledAE: true }\n" + peers) == [
        "2:57: `OTHER` is not in `aeTitle`, and `checkCalledAE` would refuse what peer `a` sends to it"
      ])
  }

  @Test func namesAreSimple() throws {
    #expect(
      try errors(in: "peers:\n  a/b: { aeTitle: A, addresses: 10.0.0.1 }") == [
        "2:3: a peer's name must be made of letters, digits, `.`, `_` and `-`, not `a/b`"
      ])
  }
}
