import DICOM
import EscrowCore

extension RandomWorld {
  /// Jobs and what the API does to what is here.
  mutating func working() -> RandomVerb {
    switch below(12) {
    case 0..<3: inquiring()
    case 3..<5: advancing()
    case 5..<7: telling(job())
    case 7: decidingElsewhere()
    case 8: changing(job())
    case 9: submitting()
    case 10: askingAgain()
    default: removing()
    }
  }

  private mutating func job() -> JobID { .number(below(max(jobs, 1)) + 1) }

  private mutating func inquiring() -> RandomVerb {
    if !chance(20) || inquiries.isEmpty {
      jobs += 1
      let references = some(of: (1...9).map(SOPInstance.number), percent: 40) + [.number(below(9) + 1)]
      inquiries.append(
        CommitmentInquiry(
          job: .number(jobs), transactionUID: UID("1.2.\(jobs)"), callingAE: "CT1", calledAE: "ESCROW",
          address: "10.0.0.7", peer: "ct1", references: references, content: "\(references)",
          terms: InquiryTerms(
            basis: one(of: InquiryTerms.Basis.allCases) ?? .delivered, proof: chance(70) ? .commitment : .response,
            excluded: chance(20) ? ["archive"] : [], seesAll: chance(60), answerBy: now + .seconds(below(200)),
            completes: chance(20))))
    }
    guard var inquiry = chance(80) ? inquiries.last : one(of: inquiries) else { return advancing() }
    if chance(5) { inquiry.content = "other" }
    let now = now
    return RandomVerb("inquire \(inquiry)") { [inquiry] in try await $0.inquire(inquiry, limit: 20, now: now) }
  }

  private mutating func advancing() -> RandomVerb {
    let (job, now) = (job(), now)
    return RandomVerb("advance \(job)") { ledger in
      let inquiry = try await ledger.advanceInquiry(job, limit: 1000, now: now)
      let store = try await ledger.advanceStore(job, limit: 3, now: now)
      return "\(String(describing: inquiry)) \(String(describing: store))"
    }
  }

  private mutating func telling(_ job: JobID) -> RandomVerb {
    let now = now
    switch below(6) {
    case 0..<3: return RandomVerb("sealReport \(job)") { try await $0.sealReport(job, now: now) }
    case 3:
      let retryAt = now + .seconds(below(50))
      return RandomVerb("postponeReports") {
        try await $0.postponeReports(
          to: "ct1", message: "down", retryAt: retryAt, givingUp: now - .seconds(500), now: now)
      }
    default:
      let result: ReportingResult =
        switch below(4) {
        case 0: .unwanted(status: 0x0115, message: "unknown")
        case 1: .failed(message: "0110H", retryAt: now + .seconds(below(50)))
        default: .accepted(status: 0)
        }
      return RandomVerb("recordReporting \(job) \(result)") {
        try await $0.recordReporting(job, result, givingUp: now - .seconds(500), now: now)
      }
    }
  }

  private mutating func decidingElsewhere() -> RandomVerb {
    let (job, now, failure) = (job(), now, chance(50) ? nil : UInt16(0x0110))
    let pins = chance(50)
    return RandomVerb("decide \(job)") { ledger in
      let open = try await ledger.openReferences(job, from: 0, limit: 3)
      let decisions = open.map {
        ReferenceDecision(position: $0.position, failure: failure, pins: pins && failure == nil ? $0.instance : nil)
      }
      try await ledger.decide(decisions, of: job, now: now)
      return "\(open)"
    }
  }

  private mutating func changing(_ job: JobID) -> RandomVerb {
    let now = now
    if chance(20) { return RandomVerb("delete \(job)") { try await $0.deleteJob(job, actor: "api", now: now) } }
    let verb = one(of: JobVerb.allCases) ?? .pause
    return RandomVerb("\(verb) \(job)") { try await $0.change(job, verb, actor: "api", now: now) }
  }

  private mutating func submitting() -> RandomVerb {
    guard instances > 0 else { return advancing() }
    jobs += 1
    let ids = some(of: (1...instances).map(InstanceID.number), percent: 20).prefix(5)
    let store = ModalityStore(
      job: .number(jobs), peer: destination(), instances: Array(ids), resources: [], priority: below(3),
      isPermissive: chance(50), transactionUID: chance(50) ? UID("1.3.\(jobs)") : nil)
    let now = now
    return RandomVerb("submit \(store)") { try await $0.submit(store, now: now) }
  }

  private mutating func askingAgain() -> RandomVerb {
    transactions += 1
    let (uid, destination, policy, now) = (UID.transaction(transactions), destination(), policy, now)
    let givingUp = now - .seconds(1000)
    return RandomVerb("nextManualRequest \(uid) \(destination)") {
      try await $0.nextManualRequest(uid, to: destination, policy: policy, givingUp: givingUp, now: now)
    }
  }

  private mutating func removing() -> RandomVerb {
    let (ids, now) = (chance(70) ? [known()] : [known(), known()], now)
    let uid = transactions > 0 && chance(50) ? UID.transaction(below(transactions) + 1) : nil
    return RandomVerb("remove \(ids)") { ledger in
      let obstacles = try await ledger.remove(ids, provedBy: uid, actor: "api", now: now)
      return "\(obstacles.map { "\($0.key) \($0.value)" }.sorted())"
    }
  }
}
