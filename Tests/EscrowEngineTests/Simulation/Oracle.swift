import DICOM
import EscrowCore
@testable import EscrowSpool
import EscrowTesting

/// What was promised to whom, kept where no simulated fault reaches it, and whether it holds.
struct Oracle {
  /// What was found to be wrong.
  private(set) var violations: [String] = []
  /// What senders were told success for.
  private(set) var promised: Set<SimulatedContent> = []
  /// Files that the simulation damaged or made unreadable, and shards that could not be opened.
  private var spoiledFiles: Set<InstanceID> = []
  private var spoiledShards: Set<String> = []
  /// Since when an instance is settled, in time that really passed, and how far the clock had been put forward then.
  private var settled: [InstanceID: (since: Duration, forward: Duration)] = [:]
  private var forward = Duration.zero
  private var judged: Set<InstanceID> = []
  /// What is on record.
  private var known: [InstanceID: KnownRow] = [:]
  /// What was promised and is not on record any more, in its time.
  private var forgotten: Set<ContentKey> = []
  /// What was offered to whom, also by rows that are forgotten.
  private var offered: [ContentKey: Set<PeerName>] = [:]
  /// What operators asked for: it goes without the proof that is missing.
  private var toDiscard: Set<InstanceID> = []
  private var toResolve: Set<InstanceID> = []
  private var toWaive: Set<DeliveryID> = []

  /// How long rows stay after the copy went.
  static let keepRecord = Duration.hours(12)

  /// One content under one UID.
  private struct ContentKey: Hashable {
    var sop: SOPInstance
    var digest: Digest
  }

  /// A row, and since when its copy is gone, as in ``settled``.
  private struct KnownRow {
    var content: ContentKey
    var gone: (since: Duration, forward: Duration)?
  }

  /// How many copies went.
  var purged: Int { judged.count }

  mutating func complain(_ text: String) { violations.append(text) }

  mutating func wished(toDiscard id: InstanceID) { toDiscard.insert(id) }
  mutating func wished(toResolve id: InstanceID) { toResolve.insert(id) }
  mutating func wished(toWaive id: DeliveryID) { toWaive.insert(id) }

  mutating func spoiled(_ file: InstanceID) { spoiledFiles.insert(file) }

  /// Somebody put the clock; what that makes too early is the clock's fault as long as it is little.
  mutating func clockJumped(by jump: Duration) { if jump > .zero { forward += jump } }

  /// A call went wrong: a file that could not be read may be taken for damaged.
  mutating func note(_ call: DiskCall, _ mishap: Mishap) {
    guard case .error = mishap, [.open, .openDirectory, .read, .examine, .sync].contains(call.operation) else { return }
    let name = call.path.split(separator: "/").last.map(String.init) ?? call.path
    if let file = SpoolNames.id(of: name) { spoiledFiles.insert(file) }
    if call.operation == .openDirectory { spoiledShards.insert(name) }
  }

  func isSpoiled(_ file: InstanceID) -> Bool {
    spoiledFiles.contains(file) || spoiledShards.contains(String(file.rawValue.suffix(2)))
  }

  // MARK: Promises as they are made

  /// A sender is told success: file and row must survive a power cut from now on.
  mutating func acknowledged(_ content: SimulatedContent, in simulation: Simulation) {
    promised.insert(content)
    guard let durable = simulation.process?.file.durable(on: simulation.machine.ledger) else {
      return complain("success for \(content.sop.instanceUID) before the ledger is durable")
    }
    let rows = durable.rows(of: content)
    if rows.isEmpty { complain("success for \(content.sop.instanceUID) before its row is durable") }
    for row in rows where row.instance.state.hasFile && !isSpoiled(row.instance.file) {
      let bytes = simulation.machine.spool.durableBytes(at: SimulatedMachine.path(of: row.instance.file))
      if bytes?.ends(with: content.bytes) != true {
        complain("success for \(content.sop.instanceUID) before its file \(row.instance.file) is durable")
      }
    }
  }

  /// A report is answered: what it says must survive a power cut from now on.
  mutating func heard(_ report: CommitmentReport, in simulation: Simulation) {
    guard let process = simulation.process else { return }
    let durable = process.file.durable(on: simulation.machine.ledger)?.transaction(report.transactionUID)
    if durable == nil || durable != process.memory.snapshot.transaction(report.transactionUID) {
      complain("report of \(report.transactionUID) answered before it is durable")
    }
  }

  // MARK: What is on record

  /// Looks at everything on record; purges are judged when they are first seen.
  mutating func observe(_ record: MemoryRecord, of simulation: Simulation) {
    rememberRows(record, of: simulation)
    for row in record.all {
      let instance = row.instance
      switch instance.state {
      case .settled: settled[instance.id] = settled[instance.id] ?? (simulation.clock.elapsed, forward)
      case .held, .inTransit: settled[instance.id] = nil
      case .damaged:
        settled[instance.id] = nil
        if !isSpoiled(instance.file) {
          complain("\(instance.id) is damaged (\(instance.reason ?? "")), but nothing damaged it")
        }
      case .purging, .purged, .discarded:
        if judged.insert(instance.id).inserted { judge(row, in: simulation) }
        if instance.state != .purging,
          simulation.machine.spool.bytes(at: SimulatedMachine.path(of: instance.file)) != nil
        {
          complain("\(instance.id) is \(instance.state), but its file is there")
        }
      }
    }
  }

  /// Takes note of what is on record; what is not any more must have been gone for long enough.
  private mutating func rememberRows(_ record: MemoryRecord, of simulation: Simulation) {
    let rows = record.all
    let present = Set(rows.map(\.instance.id))
    for (id, row) in known where !present.contains(id) {
      known[id] = nil
      forgotten.insert(row.content)
      guard let gone = row.gone else {
        complain("LOST: the record of \(id), whose copy is here")
        continue
      }
      let waited = simulation.clock.elapsed - gone.since + forward - gone.forward
      // What happens within one step is seen at its end.
      if waited + .hours(1) < Self.keepRecord { complain("\(id) was forgotten after \(waited)") }
    }
    for row in rows {
      let content = ContentKey(sop: row.instance.sop, digest: row.instance.digest)
      var seen = known[row.instance.id] ?? KnownRow(content: content)
      if [.purged, .discarded].contains(row.instance.state), seen.gone == nil {
        seen.gone = (simulation.clock.elapsed, forward)
      }
      known[row.instance.id] = seen
      offered[content, default: []].formUnion(row.deliveries.filter { $0.attempts > 0 }.map(\.destination))
    }
  }

  /// A copy may go only when every destination has these very bytes, and when its time is over.
  private mutating func judge(_ row: InstanceRecord, in simulation: Simulation) {
    let instance = row.instance
    let uid = instance.sop.instanceUID
    guard let content = simulation.contents.first(where: { $0.sop == instance.sop && $0.digest == instance.digest })
    else { return complain("\(instance.id) is nothing that was ever sent") }
    if toDiscard.contains(instance.id), instance.discarding || instance.state == .discarded { return }
    // Which of two contents a report speaks of is then the operator's word.
    if toResolve.contains(instance.id) { return }
    let waived = row.deliveries.filter { $0.state == .waived && toWaive.contains($0.id) }.map(\.destination)
    let caller = callerOfLoop(row)
    let wanted = content.kind.wanted.filter { !waived.contains($0.key) && $0.key != caller }
    for (destination, proof) in wanted.sorted(by: { $0.key < $1.key })
    where simulation.archives[destination]?.hasProved(uid, instance.digest, proof) != true {
      complain("\(instance.id) is \(instance.state), but \(destination) has not proved that it has it")
    }
    if !wanted.keys.contains(where: { simulation.archives[$0]?.hasWhole(uid, instance.digest) == true }) {
      complain("\(instance.id) is \(instance.state), but no destination has it whole")
    }
    guard let settled = settled[instance.id], !isSpoiled(instance.file) else { return }
    let waited = simulation.clock.elapsed - settled.since + forward - settled.forward
    if waited < content.kind.retention { complain("\(instance.id) is \(instance.state) after \(waited)") }
  }

  /// Who sent us what we had offered to him before: it goes elsewhere only, since he has it himself.
  private func callerOfLoop(_ row: InstanceRecord) -> PeerName? {
    guard let caller = row.instance.source.peer, !row.deliveries.contains(where: { $0.destination == caller }) else {
      return nil
    }
    let content = ContentKey(sop: row.instance.sop, digest: row.instance.digest)
    return offered[content]?.contains(caller) == true ? caller : nil
  }

  // MARK: After a recovery

  /// A whole file that the ledger does not know.
  struct WholeFile {
    let file: InstanceID
    let sop: SOPInstance
    let digest: Digest
  }

  /// What a recovery that begins now has to take into the ledger.
  func wholeFilesWithoutRow(on machine: SimulatedMachine, versions: MemoryVersions) -> [WholeFile] {
    guard let ledger = try? SimulatedLedgerFile(on: machine.ledger.copy(seed: 0), versions: versions) else { return [] }
    let known = Set(ledger.found.files(after: nil, ending: "", limit: 10_000).map(\.file))
    return machine.files.filter { !known.contains($0) && !isSpoiled($0) }.compactMap { file in
      let path = SimulatedMachine.path(of: file)
      guard let bytes = machine.spool.durableBytes(at: path), let seen = machine.spool.bytes(at: path),
        bytes.count == seen.count, bytes.ends(with: seen),
        let (record, length) = SpoolFileHeader.decode(bytes), bytes.count == length + Int(record.dataSetLength),
        Digest.of(bytes[length...]) == record.digest
      else { return nil }
      return WholeFile(file: file, sop: record.sop, digest: record.digest)
    }
  }

  /// The program has recovered and would open its listeners now.
  mutating func recovered(
    _ record: MemoryRecord, of simulation: Simulation, from wholeFiles: [WholeFile], undisturbed: Bool
  ) {
    // A process may have died when what it forgot was on the disk already.
    rememberRows(record, of: simulation)
    keepsPromises(record, of: simulation)
    for row in record.all where row.instance.state == .purging {
      complain("\(row.instance.id) is still being purged after recovery")
    }
    for whole in wholeFiles where !isSpoiled(whole.file) {
      let isKnown = record.all.contains { $0.instance.sop == whole.sop && $0.instance.digest == whole.digest }
      if !isKnown { complain("the whole file \(whole.file) was not taken in") }
    }
    guard undisturbed else { return }
    let known = Set(record.files(after: nil, ending: "", limit: 10_000).map(\.file))
    for file in simulation.machine.files where !known.contains(file) { complain("\(file) lies there without a row") }
  }

  /// Every row has its file, and every promise its row.
  private mutating func keepsPromises(_ record: MemoryRecord, of simulation: Simulation) {
    let alarms = Set(record.alarms().map { "\($0.kind) \($0.subject)" })
    for content in promised {
      let rows = record.rows(of: content)
      let isKept = rows.contains { row in
        switch row.instance.state {
        case .held, .inTransit, .settled, .purging, .purged, .discarded: true
        case .damaged: alarms.contains("\(AlarmKind.instanceDamaged) \(row.instance.studyKey)")
        }
      }
      let isForgotten = forgotten.contains(ContentKey(sop: content.sop, digest: content.digest))
      if !isKept && !isForgotten {
        complain("LOST: \(content.sop.instanceUID) \(content.digest), which its sender was told success for")
      }
    }
    for content in simulation.contents {
      for row in record.rows(of: content) where row.instance.state.hasFile && !isSpoiled(row.instance.file) {
        let bytes = simulation.machine.spool.bytes(at: SimulatedMachine.path(of: row.instance.file))
        if bytes?.ends(with: content.bytes) != true {
          complain("LOST: the bytes of \(row.instance.id), which is \(row.instance.state)")
        }
      }
    }
  }

  // MARK: At the end

  /// Everything on record.
  static func rows(of record: MemoryRecord) -> [InstanceRecord] { record.all }

  /// Whether time alone brings anything further.
  static func isWaiting(_ record: MemoryRecord) -> Bool {
    record.all.contains { row in
      row.deliveries.contains { !$0.state.isTerminal } || [.inTransit, .purging].contains(row.instance.state)
        || PurgeGuard.due(Consignment(instance: row.instance, deliveries: row.deliveries)) != nil
    }
  }

  /// Faults have stopped, and all the time in the world has passed: what is not purged waits for people, visibly.
  mutating func ended(_ record: MemoryRecord, of simulation: Simulation) {
    keepsPromises(record, of: simulation)
    let alarms = Set(record.alarms().map { "\($0.kind) \($0.subject)" })
    for row in record.all {
      let instance = row.instance
      for delivery in row.deliveries where !delivery.state.isTerminal {
        complain("\(delivery.id) of \(instance.id) to \(delivery.destination) is \(delivery.state) for ever")
      }
      for delivery in row.deliveries where delivery.state == .failed {
        if !alarms.contains("\(AlarmKind.deliveryFailed) \(delivery.destination)") {
          complain("\(delivery.id) failed in silence")
        }
      }
      switch instance.state {
      case .purged, .discarded: continue
      case .held: if instance.reason == nil { complain("\(instance.id) is held without a reason") }
      case .damaged:
        if !alarms.contains("\(AlarmKind.instanceDamaged) \(instance.studyKey)") {
          complain("\(instance.id) is damaged in silence")
        }
      case .settled:
        if PurgeGuard.obstacle(Consignment(instance: instance, deliveries: row.deliveries)) == nil {
          complain("\(instance.id) could be purged and is not")
        }
      case .inTransit, .purging: complain("\(instance.id) is \(instance.state) for ever")
      }
    }
  }
}

extension MemoryRecord {
  fileprivate var all: [InstanceRecord] {
    (try? instances(InstanceFilter(), page: PageRequest(limit: 10_000)).items) ?? []
  }

  fileprivate func rows(of content: SimulatedContent) -> [InstanceRecord] {
    all.filter { $0.instance.sop == content.sop && $0.instance.digest == content.digest }
  }
}
