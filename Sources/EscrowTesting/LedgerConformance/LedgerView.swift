import DICOM
import EscrowCore

/// Every answer that a ledger gives to its queries, as lines, without what is random.
struct LedgerView: Sendable {
  private(set) var lines: [String] = []

  init(_ ledger: any Ledger, world: RandomWorld, now: Timestamp) async throws {
    let status = try await ledger.status()
    add("instances", status.instances.map { "\($0.key.rawValue) \($0.value)" }.sorted())
    add("deliveries", status.deliveries.map { "\($0.key.rawValue) \($0.value)" }.sorted())
    add("backlogs", status.backlogs.map { "\($0.key) \($0.value)" }.sorted() + ["\(status.bytes)"])
    add("open", try await ledger.openDestinations().sorted().map(\.rawValue))
    add("sources", try await ledger.sources())
    add("alarms", try await ledger.alarms())
    add("events", try await ledger.events(after: 0, limit: 100_000))
    add("last", [try await ledger.lastEvent()])
    add("legal holds", try await ledger.legalHolds())
    add("files", try await ledger.files(after: nil, limit: 100_000))
    add("tallies", try await ledger.tallies(from: .at(-1_000_000_000), to: .at(1_000_000_000), of: nil))
    add("missing", try await ledger.missing(askedFrom: .at(-1_000_000_000), to: now, by: nil, limit: 1000))
    let space = try await ledger.space(studies: 3, examining: 100_000)
    add("waiting longest", space.longestWaiting)
    add("largest", space.largest)
    add("decisions", space.decisions.map { "\($0.key) \($0.value)" }.sorted())
    try await addListings(ledger)
    try await addJobs(ledger, now: now)
    try await addResources(ledger)
    for uid in world.uids { add("inquired \(uid)", try await ledger.inquired(uid)) }
    for uid in world.uids { add("trace \(uid)", [try await ledger.trace(uid)]) }
    try await addOutbox(ledger, world: world, now: now)
  }

  private mutating func addListings(_ ledger: any Ledger) async throws {
    let all = PageRequest(limit: 100_000)
    add("instances", try await ledger.instances(InstanceFilter(), page: all).items)
    add("deliveries", try await ledger.deliveries(DeliveryFilter(), page: all).items)
    add("transactions", try await ledger.transactions(TransactionFilter(), page: all).items)
    for destination: PeerName in ["archive", "research"] {
      let waiting = try await ledger.waiting(for: destination, limit: 100_000)
      add("waiting for \(destination)", waiting.oldestFirst.map { Self.line($0) })
      add("proofs at \(destination)", try await ledger.openProofs(at: destination).sorted())
    }
    for state in DeliveryState.allCases {
      let filter = DeliveryFilter(states: [state], destinations: ["archive", "research"])
      let page = try await ledger.deliveries(filter, page: PageRequest(limit: 3))
      add("\(state)", page.items.map { "\($0.delivery.id)" } + [page.next ?? "end"])
      add("\(state) count", [try await ledger.count(filter)])
    }
  }

  private mutating func addJobs(_ ledger: any Ledger, now: Timestamp) async throws {
    let jobs = try await ledger.jobs(JobFilter(), page: PageRequest(limit: 100_000)).items
    add("jobs", jobs)
    for job in jobs {
      add("inquiry \(job.id)", [try await ledger.inquiry(job.id)])
      add("store \(job.id)", [try await ledger.store(job.id)])
    }
    for stage in JobStage.allCases {
      add("due \(stage)", try await ledger.dueJobs(stage, of: nil, limit: 100, now: now).map(\.id))
      add("peers \(stage)", try await ledger.duePeers(stage, now: now).sorted())
      add("next \(stage)", [try await ledger.nextDueJob([stage])])
    }
  }

  private mutating func addResources(_ ledger: any Ledger) async throws {
    add("resources", [try await ledger.countResources()])
    for level in ResourceLevel.allCases {
      let names = try await ledger.resources(level, in: nil, offset: 0, limit: 1000)
      add("\(level)", names)
      for name in names {
        let resource = Resource(level, name)
        add("\(level) \(name)", try await ledger.instances(of: resource).map(\.id))
        add("in \(name)", try await ledger.resources(.instance, in: resource, offset: 1, limit: 2))
      }
    }
    add("lookup", try await ledger.lookup("P1") + ledger.lookup(Scene.study.rawValue))
  }

  private mutating func addOutbox(_ ledger: any Ledger, world: RandomWorld, now: Timestamp) async throws {
    add("endpoints", try await ledger.endpoints())
    for endpoint in world.endpoints {
      var batch = try await ledger.dueWebhooks(endpoint, limit: 7, now: now)
      for index in batch.tasks.indices { batch.tasks[index].messageID = "" }
      add("due \(endpoint)", batch.tasks)
      add("next \(endpoint)", ["\(String(describing: batch.nextDue))"])
      let log = try await ledger.webhookLog(endpoint, page: PageRequest(limit: 50))
      add("log \(endpoint)", log.items.map { "\($0.state) \($0.kind) \($0.tries) \($0.lastError ?? "")" })
    }
  }

  private static func line(_ study: WaitingStudy) -> String {
    let states = study.states.map { "\($0.value) \($0.key)" }.sorted()
    let reasons = study.reasons.map { "\($0.value) \($0.key)" }.sorted()
    return "\(study.key) \(study.oldest) \(study.bytes) \(states) \(reasons)"
  }

  private mutating func add<Item>(_ name: String, _ items: [Item]) {
    lines += items.enumerated().map { "\(name)[\($0.offset)]: \($0.element)" } + ["\(name): \(items.count)"]
  }
}
