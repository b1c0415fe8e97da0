import DICOM
import EscrowCore

extension Peer {
  static var schema: Schema<Peer> {
    Schema(
      [
        .value("aeTitle", \.aeTitle, .aeTitle).required, .value("host", \.host, .host), .value("port", \.port, .port),
        .list("addresses", \.addresses, .addresses), .set("allow", \.allow, .choice()),
        .value("localAE", \.localAE, .aeTitle), .value("associations", \.associations, .integer(1...64)),
        .section("retry", \.retry, RetryPolicy.schema), .section("timeouts", \.timeouts, PeerTimeouts.schema),
        .section("commitment", \.commitment, CommitmentIdentity.schema),
        .section("query", \.query, QueryIdentity.schema),
        .value("duplicateIsStored", \.duplicateIsStored, .boolean), .value("overwrites", \.overwrites, .boolean),
        .value("strictRoles", \.strictRoles, .boolean), .value("failoverAfter", \.failoverAfter, .duration()),
        .set("holdOn", \.holdOn, .choice()),
        .section("intake", \.intake, IntakePolicy.schema),
        Key("expect") { node, peer, loading in
          var expected = ExpectedTraffic()
          node.read(into: &expected, ExpectedTraffic.schema, of: "`expect`", loading)
          peer.expect = expected
        },
        .value("commitWhen", \.inquiries.commitWhen, .choice()),
        .value("answerWithin", \.inquiries.answerWithin, .duration(atLeast: .zero)),
        .value("maySee", \.inquiries.maySee, .choice()),
        .value("vouchFor", \.inquiries.vouchFor, .choice(notYet: [.query])),
        .value("completes", \.inquiries.completes, .boolean), .value("reportOn", \.inquiries.reportOn, .choice()),
        Key("decide") { node, peer, loading in peer.inquiries.decide = HookDraft.read(node, loading) },
      ],
      notYet: ["certificate", "tls"])
  }
}

extension IntakePolicy {
  static var schema: Schema<IntakePolicy> {
    Schema([
      .value("maxRate", \.maxRate, .rate), .value("quota", \.quota, .size()), .value("hold", \.hold, .text),
    ])
  }
}

extension ExpectedTraffic {
  static var schema: Schema<ExpectedTraffic> {
    Schema([
      .list("hours", \.hours, .timeWindow), .value("silence", \.silence, .duration()).required,
    ])
  }
}

extension RetryPolicy {
  static var schema: Schema<RetryPolicy> {
    Schema([
      .value("first", \.first, .duration()), .value("max", \.max, .duration()),
      .value("alarmAfter", \.alarmAfter, .duration()), .value("maxAge", \.maxAge, .duration()),
      Key("attempts") { node, policy, loading in policy.readAttempts(node, loading) },
    ])
  }

  /// `{ processingFailure: 10 }`: how often each doubtful cause is tried again.
  private mutating func readAttempts(_ node: YAMLNode, _ loading: Loading) {
    let reasons = StoreStatus.doubtfulReasons
    for entry in node.entries(of: "`attempts`", loading) ?? [] {
      guard reasons.contains(entry.key) else {
        let near = Suggestion.text(for: entry.key, among: reasons)
        loading.error(entry.position, "`\(entry.key)` is no cause that is counted; there are \(quoted(reasons))\(near)")
        continue
      }
      attempts[entry.key] = entry.value.value(entry.key, .integer(0...1000), loading)
    }
  }
}

extension PeerTimeouts {
  static var schema: Schema<PeerTimeouts> {
    Schema([
      .value("connect", \.connect, .duration()), .value("association", \.association, .duration()),
      .value("echo", \.echo, .duration()), .value("store", \.store, .duration()),
      .value("action", \.action, .duration()), .value("query", \.query, .duration()),
      .value("idle", \.idle, .duration(atLeast: .zero)),
    ])
  }
}

extension CommitmentIdentity {
  static var schema: Schema<CommitmentIdentity> {
    Schema([
      .list("aeTitle", \.aeTitles, .aeTitle), .list("addresses", \.addresses, .addresses),
      .value("quiet", \.policy.quiet, .duration(atLeast: .zero)),
      .value("maxWait", \.policy.maxWait, .duration(atLeast: .zero)),
      .value("maxReferences", \.policy.maxReferences, .integer(1...100_000)),
      .value("waitOnAssociation", \.policy.waitOnAssociation, .duration(atLeast: .zero)),
      .list("askAgain", \.policy.askAgain, .duration()), .value("alarmAfter", \.policy.alarmAfter, .duration()),
      .value("asksBeforeResend", \.policy.asksBeforeResend, .integer(1...1000)),
      .value("maxResends", \.policy.maxResends, .integer(0...1000)),
      .value("resendAfter", \.policy.resendAfter, .duration(atLeast: .zero)),
    ])
  }
}

extension QueryIdentity {
  static var schema: Schema<QueryIdentity> {
    Schema([
      .value("aeTitle", \.aeTitle, .aeTitle), .value("host", \.host, .host), .value("port", \.port, .port),
      .value("after", \.policy.after, .duration(atLeast: .zero)), .list("askAgain", \.policy.askAgain, .duration()),
      .value("resendAfter", \.policy.resendAfter, .integer(1...1000)),
      .value("maxResends", \.policy.maxResends, .integer(0...1000)),
      .value("batch", \.policy.batch, .integer(1...1000)),
      .value("recheck", \.policy.recheck, .duration()),
      .value("alarmAfter", \.policy.alarmAfter, .duration()),
    ])
  }
}

extension Format where Value == PeerRight {
  /// What may be allowed to callers that are no peers: nobody can say for which destination they would report.
  static var strangersRight: Format {
    let known = Format.choice()
    return Format("one of `echo`, `store`") { text throws(Misfit) in
      let right = try known.parse(text)
      if right == .report { throw Misfit("only a peer can report; list it under `peers`") }
      if right == .commit { throw Misfit("only a peer can be answered; list it under `peers`") }
      return right
    }
  }
}
