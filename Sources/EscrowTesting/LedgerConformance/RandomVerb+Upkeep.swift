import DICOM
import EscrowCore

extension RandomWorld {
  mutating func ofPurging() -> RandomVerb {
    let (now, limit, ids) = (now, below(4) + 1, some(of: (1...max(instances, 1)).map(InstanceID.number), percent: 30))
    return switch below(5) {
    case 4: forgetting()
    case 0: RandomVerb("finishPurge \(ids)") { try await $0.finishPurge(ids, now: now) }
    case 1: RandomVerb("advanceStudies") { try await $0.advanceStudies(quiet: .seconds(15), now: now) }
    default: RandomVerb("beginPurge \(limit)") { try await $0.beginPurge(limit: limit, now: now) }
    }
  }

  /// A whole look through the record, in steps of any size.
  private mutating func forgetting() -> RandomVerb {
    var term = RecordTerm(keeping: .seconds(one(of: [10, 1000, 300_000]) ?? 10), now: now)
    if chance(20) { term.summariesBefore = now - .seconds(500_000) }
    let limit = below(4) + 1
    return RandomVerb("forget \(term) by \(limit)") { [term] ledger in
      var (instances, others) = (0, 0)
      var position: RecordPosition? = .start
      while let current = position {
        let step = try await ledger.forget(term, from: current, limit: limit)
        instances += step.instances
        others += step.others
        position = step.next
      }
      return "\(instances) \(others)"
    }
  }

  mutating func damaging() -> RandomVerb {
    let (id, file, now) = (known(), known(), now)
    return switch below(10) {
    case 0: RandomVerb("recover") { try await $0.recover(now: now) }
    case 1..<4: RandomVerb("recordMissingFile \(id)") { try await $0.recordMissingFile(id, reason: "gone", now: now) }
    case 4:
      RandomVerb("markDamaged \(id) \(file)") {
        try await $0.markDamaged(id, file: file, reason: "short", now: now)
      }
    default: RandomVerb("markDamaged \(id)") { try await $0.markDamaged(id, file: id, reason: "short", now: now) }
    }
  }

  mutating func operating() -> RandomVerb {
    var filter = DeliveryFilter()
    if chance(40) { filter.states = Set(some(of: DeliveryState.allCases, percent: 50)) }
    if chance(30) { filter.destinations = [destination()] }
    if chance(20) { filter.studyInstanceUID = Scene.study }
    if chance(20) { filter.sopInstanceUID = SOPInstance.number(below(8) + 1).instanceUID }
    if chance(10) { filter.instance = known() }
    if chance(20) { filter.ids = Set((1...20).map { DeliveryID(rawValue: $0) }) }
    let verb = one(of: DeliveryVerb.allCases) ?? .retry
    if chance(10) { return repointing(filter) }
    let (order, now) = (BulkOrder(actor: "admin", reason: chance(50) ? "again" : nil, dryRun: chance(20)), now)
    return RandomVerb("\(verb) \(filter) \(order)") { [filter] ledger in
      let result = try await ledger.change(filter, verb, by: order, now: now)
      return "\(result.matched) \(result.changed) \(result.skipped)"
    }
  }

  mutating func deciding() -> RandomVerb {
    if chance(25) { return holding() }
    var filter = InstanceFilter()
    if chance(50) { filter.ids = [known(), known()] }
    if chance(30) { filter.sopInstanceUID = SOPInstance.number(below(8) + 1).instanceUID }
    if chance(20) { filter.states = Set(some(of: InstanceState.allCases, percent: 50)) }
    let verb = one(of: InstanceVerb.allCases) ?? .resolve
    let (order, now) = (BulkOrder(actor: "admin", reason: "so be it", dryRun: chance(20)), now)
    if chance(30) {
      let (id, plan) = (
        known(), RoutingPlan(deliveries: some(of: [.commitment("archive"), .response("research")], percent: 60))
      )
      return RandomVerb("reroute \(id) \(plan) \(order)") {
        "\(String(describing: try await $0.reroute(id, plan: plan, by: order, now: now)))"
      }
    }
    return RandomVerb("\(verb) \(filter) \(order)") { [filter] ledger in
      let result = try await ledger.change(filter, verb, by: order, now: now)
      return "\(result.matched) \(result.changed) \(result.skipped)"
    }
  }

  private mutating func repointing(_ filter: DeliveryFilter) -> RandomVerb {
    let target = RepointTarget("archive2", proofs: chance(80) ? [.response, .commitment] : [.response])
    let (order, now) = (BulkOrder(actor: "admin", reason: "broken", dryRun: chance(20)), now)
    return RandomVerb("repoint \(filter)") { ledger in
      let result = try await ledger.repoint(filter, to: target, by: order, now: now)
      return "\(result.matched) \(result.changed) \(result.skipped)"
    }
  }

  private mutating func holding() -> RandomVerb {
    let subject: LegalHold.Subject =
      chance(50) ? .study(chance(50) ? Scene.study : Scene.otherStudy) : .patient("P\(below(8) + 1)", issuer: nil)
    let (order, now) = (BulkOrder(actor: "admin", reason: "settled", dryRun: chance(20)), now)
    if chance(70) {
      return RandomVerb("end legal hold of \(subject)") { try await $0.endLegalHold(subject, by: order, now: now) }
    }
    let hold = LegalHold(subject, by: "admin", reason: "order \(below(9))", at: now)
    return RandomVerb("legal hold of \(subject)") { try await $0.begin(hold) }
  }

  mutating func telling() -> RandomVerb {
    let (now, endpoint, destination) = (now, one(of: endpoints) ?? "ops", destination())
    switch below(9) {
    case 8:
      if chance(70) {
        return RandomVerb("resume") { try await $0.clear(.destinationPaused, subject: "archive", event: nil) }
      }
      let alarm = Alarm(.destinationPaused, subject: "archive", since: now, text: "paused by admin: update")
      return RandomVerb("pause") { try await $0.raise(alarm, event: nil) }
    case 7:
      if chance(60) {
        return RandomVerb("clear clock") { try await $0.clear(.clockJumped, subject: "clock", event: nil) }
      }
      let alarm = Alarm(.clockJumped, subject: "clock", since: now, text: "by 3 h")
      return RandomVerb("raise clock") { try await $0.raise(alarm, event: nil) }
    case 0:
      let subscriptions = endpoints.map {
        EndpointSubscription(
          name: $0, url: chance(70) ? "https://a" : "https://b", events: Set(some(of: EventKind.allCases, percent: 60)))
      }
      return RandomVerb("subscribe \(subscriptions)") { try await $0.subscribe(subscriptions, now: now) }
    case 1:
      let reason = chance(50) ? "410" : nil
      return RandomVerb("setEndpoint \(endpoint) \(String(describing: reason))") {
        try await $0.setEndpoint(endpoint, disabled: reason, now: now)
      }
    case 2:
      let alarm = Alarm(.destinationDown, subject: destination.rawValue, since: now, text: "refused")
      let event = EscrowEvent(.destinationDown, at: now, destination: destination)
      return RandomVerb("raise") { try await $0.raise(alarm, event: event) }
    case 3:
      let event = EscrowEvent(.destinationUp, at: now, destination: destination)
      return RandomVerb("clear") {
        try await $0.clear(.destinationDown, subject: destination.rawValue, event: event)
      }
    default: return trying()
    }
  }

  private mutating func trying() -> RandomVerb {
    var tries: [WebhookTry] = []
    for task in some(of: Array(1...20), percent: 30) {
      let next: WebhookTry.Next =
        switch below(3) {
        case 0: .done
        case 1: .again(at: now + .seconds(below(1000)))
        default: .deadLetter
        }
      tries.append(WebhookTry(task: Int64(task), status: chance(50) ? 200 : nil, error: nil, seconds: 1, next: next))
    }
    let now = now
    return RandomVerb("recordWebhooks \(tries)") { [tries] in try await $0.recordWebhooks(tries, now: now) }
  }
}
