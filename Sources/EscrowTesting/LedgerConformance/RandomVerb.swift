import DICOM
import EscrowCore

/// One verb with all it is given, chosen by chance; it can be applied to several ledgers.
struct RandomVerb: Sendable, CustomStringConvertible {
  let description: String
  /// Applies it; what a ledger answers, or throws, as text.
  let apply: @Sendable (any Ledger) async -> String

  init<R: Sendable>(_ description: String, _ body: @escaping @Sendable (any Ledger) async throws -> R) {
    self.description = description
    apply = { ledger in
      do { return "\(try await body(ledger))" } catch { return "error: \(error)" }
    }
  }
}

extension RandomWorld {
  /// The next verb; now and then the clock jumps.
  mutating func verb() -> RandomVerb {
    seconds += chance(3) ? 400_000 : chance(2) ? -400_000 : below(9)
    return switch below(125) {
    case 0..<18: admitting()
    case 18..<34: claiming()
    case 34..<50: recording()
    case 50..<60: asking()
    case 60..<72: reporting()
    case 72..<80: ofPurging()
    case 80..<85: damaging()
    case 85..<91: operating()
    case 91..<95: deciding()
    case 95..<110: working()
    case 110..<120: querying()
    default: telling()
    }
  }

  private mutating func admitting() -> RandomVerb {
    let admission = admission()
    let now = now
    return RandomVerb("admit \(admission)") { try await $0.admit(admission, now: now) }
  }

  private mutating func claiming() -> RandomVerb {
    let (destination, limit, now) = (destination(), below(4) + 1, now)
    let lease = MonotonicTime(nanoseconds: Int64(below(1000)))
    if chance(15) {
      let keys = some(of: claims, percent: 50)
      return RandomVerb("renew") { try await $0.renew(keys, lease: lease) }
    }
    if chance(15) { return RandomVerb("expireClaims \(lease)") { try await $0.expireClaims(at: lease, now: now) } }
    if chance(5) {
      let step = Duration.seconds(below(200))
      return RandomVerb("putBackWaits \(step)") { try await $0.putBackWaits(by: step, now: now) }
    }
    return RandomVerb("claim \(destination) \(limit)") {
      try await $0.claim(destination, limit: limit, lease: lease, now: now)
    }
  }

  private mutating func recording() -> RandomVerb {
    var outcomes: [AttemptOutcome] = []
    for claim in some(of: claims, percent: 60) {
      outcomes.append(
        AttemptOutcome(
          key: claim, result: result(), startedAt: now, association: "b", status: chance(50) ? 0 : 0xA700,
          message: chance(30) ? "no space" : nil, transferSyntax: chance(50) ? "1.2.840.10008.1.2.1" : nil))
      if chance(80) { claims.removeAll { $0 == claim } }
    }
    let now = now
    return RandomVerb("record \(outcomes)") { [outcomes] in try await $0.record(outcomes, now: now) }
  }

  private mutating func result() -> AttemptOutcome.Result {
    switch below(10) {
    case 0..<6: .stored(discardedElements: chance(15))
    case 6: .retry(notBefore: now + .seconds(below(60)), reason: "busy", counted: chance(50))
    case 7: .returned(notBefore: chance(50) ? now + .seconds(5) : nil, reason: chance(50) ? "down" : nil)
    default: .failed(reason: "refused")
    }
  }

  private mutating func asking() -> RandomVerb {
    let (destination, policy, now) = (destination(), policy, now)
    if chance(10) || transactions == 0 || chance(70) { transactions += 1 }
    let uid = UID.transaction(transactions)
    if chance(10) {
      let references = some(of: (1...8).map(SOPInstance.number), percent: 30)
      return RandomVerb("openTransaction \(uid) by hand") {
        try await $0.openTransaction(
          uid, to: destination, references: references, asking: nil, actor: "admin", now: now)
      }
    }
    return RandomVerb("openTransaction \(uid) to \(destination)") {
      try await $0.openTransaction(uid, to: destination, policy: policy, now: now)
    }
  }

  private mutating func reporting() -> RandomVerb {
    let number = below(transactions + 1) + 1
    let (uid, policies, now) = (UID.transaction(number), policies, now)
    if chance(20) {
      let answer = answer()
      return RandomVerb("recordRequest \(uid) \(answer)") { try await $0.recordRequest(uid, answer: answer, now: now) }
    }
    if chance(10) {
      return RandomVerb("expireReports") {
        try await $0.expireReports(policies: policies, now: now).sorted { $0.key < $1.key }
      }
    }
    let report = report(of: uid)
    let reporters: Set<PeerName> = chance(90) ? Set(destinations) : ["research"]
    return RandomVerb("applyReport \(report)") {
      try await $0.applyReport(report, from: reporters, policies: policies, now: now)
    }
  }

  private mutating func report(of uid: UID) -> CommitmentReport {
    let all = (1...8).map(SOPInstance.number)
    var committed = some(of: all, percent: chance(50) ? 90 : 30)
    if chance(10), !committed.isEmpty {
      committed[0] = SOPInstance(classUID: Scene.mr, instanceUID: committed[0].instanceUID)
    }
    let reason = one(of: [0x0112, 0x0110, 0x0119, 0x0131, 0x0213]) ?? 0x0110
    let failed = some(of: all, percent: 20).map { FailedReference(sop: $0, reason: UInt16(reason)) }
    return CommitmentReport(transactionUID: uid, committed: committed, failed: failed, reportedBy: "A@1")
  }

  private mutating func answer() -> RequestAnswer {
    switch below(4) {
    case 0: .accepted
    case 1: .refused(status: 0x0122, message: "not here", retryAt: now + .seconds(100))
    case 2: .failed(status: 0x0110, message: "failure")
    default: .notSent(message: "no route to host", retryAt: now + .seconds(10))
    }
  }
}
