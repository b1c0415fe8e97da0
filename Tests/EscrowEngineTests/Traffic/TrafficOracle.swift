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
  private(set) var arrivals: [InstanceID: Timestamp] = [:]
  private(set) var purged: Set<InstanceID> = []
  /// What may be sent when.
  var conduct = TrafficConduct()
  /// Since when a destination has proved that it has an instance.
  private var proved: [Place: Duration] = [:]
  /// When it was last found by query.
  private var found: [Place: Duration] = [:]
  private var waves: [UID: [Wave]] = [:]
  private(set) var open: Set<UID> = []

  mutating func complain(_ text: String) { violations.append(text) }

  // MARK: What happens

  mutating func admitted(_ id: InstanceID, _ content: TrafficContent, at now: Timestamp) {
    promised[id] = content
    arrivals[id] = now
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

  mutating func found(_ uid: UID, at destination: PeerName, _ time: Duration) {
    proved(uid, at: destination, time)
    found[Place(destination: destination, uid: uid)] = time
  }

  mutating func tookBack(_ uid: UID, at destination: PeerName) {
    proved[Place(destination: destination, uid: uid)] = nil
  }

  /// A copy is about to go: every destination, or who has it instead, has it, has said so as its route wants, and its
  /// time is over.
  mutating func judge(_ id: InstanceID, peers: [PeerName: TrafficPeer], at time: Duration) {
    guard let content = promised[id] else { return complain("\(id) is purged and was never taken") }
    guard purged.insert(id).inserted else { return }
    let sends = content.kind.sends
    for send in sends { judge(send, of: content, id, peers: peers, at: time) }
    let isSafe = sends.contains { send in
      (!send.isEdited || content.kind.acceptsEdited)
        && send.ways.contains {
          peers[$0]?.archive.hasWhole(content.sop.instanceUID, content.arriving(by: send)) == true
        }
    }
    if !isSafe { complain("\(id) is purged, but no destination has it whole and as it came") }
  }

  private mutating func judge(
    _ send: TrafficKind.Send, of content: TrafficContent, _ id: InstanceID, peers: [PeerName: TrafficPeer],
    at time: Duration
  ) {
    // It may have been at one of them before, and be at the other now.
    let wrong = send.ways.map { self.wrong(send, of: content, at: peers[$0]?.archive, time) }
    if !wrong.contains(nil), let first = wrong.first { complain("\(id) is purged, \(first ?? "")") }
  }

  /// What is wrong with the proof of one that is to have it; nil when nothing is.
  private func wrong(
    _ send: TrafficKind.Send, of content: TrafficContent, at archive: SimulatedArchive?, _ time: Duration
  ) -> String? {
    let uid = content.sop.instanceUID
    guard let archive, archive.hasProved(uid, content.arriving(by: send), send.proof) else {
      return "but \(send.to) has not proved that it has it (\(send.proof))"
    }
    let place = Place(destination: archive.name, uid: uid)
    let (since, last) = (proved[place] ?? time, found[place] ?? .zero)
    if time - since < TrafficContent.retention { return "\(time - since) after its last proof" }
    let recheck = TrafficDestination.peer(archive.name).query.policy.recheck
    if send.proof == .query, let recheck, time - last > recheck {
      return "\(time - last) after \(archive.name) was last found to have it"
    }
    return nil
  }

  // MARK: At the end

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
  fileprivate var isDelivered: Bool { deliveries.allSatisfy { [.delivered, .superseded].contains($0.state) } }
  fileprivate var isCommitted: Bool {
    let asked = deliveries.filter { $0.proof == .commitment && $0.state != .superseded }
    return !asked.isEmpty && asked.allSatisfy { $0.state == .delivered }
  }
}
