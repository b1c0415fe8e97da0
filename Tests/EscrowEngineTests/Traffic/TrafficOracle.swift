import DICOM
import EscrowCore

/// What was promised, what is really safe and what has to be told, kept beside the ledger, and whether it holds.
struct TrafficOracle {
  private struct Place: Hashable {
    let destination: PeerName
    let uid: UID
  }

  private struct Wave {
    var instances: [InstanceID] = []
    var lastArrival: Timestamp
  }

  /// What was found to be wrong.
  private(set) var violations: [String] = []
  /// What senders were told success for.
  private(set) var promised: [InstanceID: TrafficContent] = [:]
  private(set) var purged: Set<InstanceID> = []
  /// Since when a destination has proved that it has an instance.
  private var proved: [Place: Duration] = [:]
  private var waves: [UID: [Wave]] = [:]
  private var open: Set<UID> = []

  mutating func complain(_ text: String) { violations.append(text) }

  // MARK: What happens

  mutating func admitted(_ id: InstanceID, _ content: TrafficContent, at now: Timestamp) {
    promised[id] = content
    if open.insert(content.study).inserted { waves[content.study, default: []].append(Wave(lastArrival: now)) }
    let last = waves[content.study, default: []].count - 1
    waves[content.study]?[last].instances.append(id)
    waves[content.study]?[last].lastArrival = now
  }

  /// The ledger was asked to end quiet times.
  mutating func advanced(quiet: Duration, now: Timestamp) {
    open = open.filter { study in waves[study]?.last.map { $0.lastArrival + quiet > now } ?? false }
  }

  mutating func proved(_ uid: UID, at destination: PeerName, _ time: Duration) {
    let place = Place(destination: destination, uid: uid)
    proved[place] = proved[place] ?? time
  }

  mutating func tookBack(_ uid: UID, at destination: PeerName) {
    proved[Place(destination: destination, uid: uid)] = nil
  }

  /// A copy is about to go: every destination has it, has said so as its route wants, and its time is over.
  mutating func judge(_ id: InstanceID, peers: [PeerName: TrafficPeer], at time: Duration) {
    guard let content = promised[id] else { return complain("\(id) is purged and was never taken") }
    guard purged.insert(id).inserted else { return }
    let uid = content.sop.instanceUID
    for (destination, proof) in content.kind.wanted {
      guard let archive = peers[destination]?.archive, archive.hasProved(uid, content.digest, proof) else {
        complain("\(id) is purged, but \(destination) has not proved that it has it (\(proof))")
        continue
      }
      let since = proved[Place(destination: destination, uid: uid)] ?? time
      if time - since < TrafficContent.retention { complain("\(id) is purged \(time - since) after its last proof") }
    }
    if !content.kind.wanted.contains(where: { peers[$0.to]?.archive.hasWhole(uid, content.digest) == true }) {
      complain("\(id) is purged, but no destination has it whole")
    }
  }

  // MARK: At the end

  /// Faults have stopped long ago: what is not purged waits for people, visibly.
  mutating func ended(_ rows: [InstanceRecord], alarms: [Alarm], files: Set<InstanceID>) {
    let alarms = Set(alarms.map { "\($0.kind) \($0.subject)" })
    let known = Set(rows.map(\.instance.id))
    for id in promised.keys.sorted() where !known.contains(id) {
      complain("LOST: \(id), which its sender was told success for, is not on record")
    }
    for row in rows {
      let instance = row.instance
      for delivery in row.deliveries where !delivery.state.isTerminal {
        complain("\(instance.id) to \(delivery.destination) is \(delivery.state) for ever: \(delivery.reason ?? "")")
      }
      for delivery in row.deliveries where delivery.state == .failed {
        let isTold = alarms.contains("\(AlarmKind.deliveryFailed) \(delivery.destination)")
        if !isTold || delivery.reason?.isEmpty != false {
          complain("\(instance.id) to \(delivery.destination) failed in silence")
        }
      }
      switch instance.state {
      case .purged: if !purged.contains(instance.id) { complain("\(instance.id) is purged, and nobody was asked") }
      case .settled:
        if !files.contains(instance.id) { complain("LOST: the file of \(instance.id), which is settled") }
        if PurgeGuard.obstacle(Consignment(instance: instance, deliveries: row.deliveries)) == nil {
          complain("\(instance.id) could be purged and is not")
        }
      default: complain("\(instance.id) is \(instance.state) for ever")
      }
    }
    for study in open.sorted(by: { $0.rawValue < $1.rawValue }) { complain("study \(study) is never quiet") }
  }

  /// Each wave was told of once, and once of each step that all of it took.
  mutating func toldAll(_ events: [EscrowEvent], _ rows: [InstanceRecord]) {
    let told = Dictionary(grouping: events.filter { $0.studyInstanceUID != nil }) { $0.studyInstanceUID ?? "" }
    let rows = Dictionary(uniqueKeysWithValues: rows.map { ($0.instance.id, $0) })
    for (study, waves) in waves.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let events = told[study] ?? []
      let sizes = waves.map(\.instances.count).sorted()
      let received = events.filter { $0.kind == .studyReceived }.compactMap(\.instances).sorted()
      if received != sizes { complain("study \(study): waves of \(sizes), received told of \(received)") }
      let reached = waves.map { wave in wave.instances.compactMap { rows[$0] } }
      check(.studyPurged, events, study, atLeast: reached.count { $0.allSatisfy(\.isPurged) }, ofAtMost: nil)
      check(
        .studyDelivered, events, study, atLeast: reached.count { $0.allSatisfy(\.isDelivered) }, ofAtMost: waves.count)
      check(
        .studyCommitted, events, study, atLeast: reached.count { $0.allSatisfy(\.isCommitted) }, ofAtMost: waves.count)
    }
  }

  /// What failed in the end may have been delivered before: then there is a most as well as a least.
  private mutating func check(
    _ kind: EventKind, _ events: [EscrowEvent], _ study: UID, atLeast least: Int, ofAtMost most: Int?
  ) {
    let count = events.count { $0.kind == kind }
    if count < least || count > most ?? least {
      complain("study \(study): \(kind.rawValue) told \(count) times, for \(least) to \(most ?? least) waves")
    }
  }
}

extension InstanceRecord {
  fileprivate var isPurged: Bool { instance.state == .purged }
  fileprivate var isDelivered: Bool { deliveries.allSatisfy { $0.state == .delivered } }
  fileprivate var isCommitted: Bool {
    let asked = deliveries.filter { $0.proof == .commitment }
    return !asked.isEmpty && asked.allSatisfy { $0.state == .delivered }
  }
}
