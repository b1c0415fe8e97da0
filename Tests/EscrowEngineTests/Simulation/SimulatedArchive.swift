import DICOM
import EscrowCore

/// A destination outside the simulated machine. What it has taken, and what it has committed to, is the truth that
/// purges are judged by.
struct SimulatedArchive {
  /// Bytes under a UID.
  struct Copy: Hashable {
    let uid: UID
    let digest: Digest
  }

  /// A commitment request that reached it.
  struct Request {
    let uid: UID
    let references: [SOPInstance]
    var wasReported = false
  }

  let name: PeerName
  private(set) var requests: [Request] = []
  /// What it would give back if asked for a UID.
  private var held: [UID: Digest] = [:]
  /// What it took with all its elements.
  private var whole: Set<Copy> = []
  private var acknowledged: Set<Copy> = []
  /// Commitments and taking back, numbered in the order in which they happened.
  private var committed: [Copy: Int] = [:]
  /// The latest request in which it committed to a UID.
  private var latestRequest: [UID: Int] = [:]
  private var takenBack: [UID: Int] = [:]
  /// When it was last asked for a UID and had these bytes, and when it had nothing.
  private var found: [Copy: Int] = [:]
  private var missed: [UID: Int] = [:]
  private var moment = 0

  init(_ name: PeerName) { self.name = name }

  /// It has the bytes; the sender may learn of it or not.
  mutating func take(_ uid: UID, _ digest: Digest, discardsElements: Bool) {
    held[uid] = digest
    if !discardsElements { whole.insert(Copy(uid: uid, digest: digest)) }
  }

  /// The success of its C-STORE-RSP left.
  mutating func acknowledge(_ uid: UID, _ digest: Digest) { acknowledged.insert(Copy(uid: uid, digest: digest)) }

  mutating func ask(_ uid: UID, _ references: [SOPInstance]) {
    requests.append(Request(uid: uid, references: references))
  }

  /// Loses what it has under a UID.
  mutating func lose(_ uid: UID) { held[uid] = nil }

  func has(_ uid: UID) -> Bool { held[uid] != nil }

  /// Commits, in answer to a request, to what it has of these.
  mutating func commit(to references: [SOPInstance], in request: Int) {
    moment += 1
    for uid in references.map(\.instanceUID) {
      latestRequest[uid] = max(latestRequest[uid] ?? request, request)
      if let digest = held[uid] { committed[Copy(uid: uid, digest: digest)] = moment }
    }
  }

  mutating func reported(_ index: Int) { requests[index].wasReported = true }

  /// Answers a query: whether it has anything under a UID.
  mutating func find(_ uid: UID) -> Bool {
    moment += 1
    guard let digest = held[uid] else {
      missed[uid] = moment
      return false
    }
    found[Copy(uid: uid, digest: digest)] = moment
    return true
  }

  /// Answers a query that it does not have what it may have.
  mutating func deny(_ uid: UID) {
    moment += 1
    missed[uid] = moment
  }

  /// We have heard, and taken to record, that it does not have this. In answer to a request older than the one in which
  /// it committed that is only recorded.
  mutating func tookBack(_ uid: UID, in request: Int) {
    guard request >= latestRequest[uid] ?? 0 else { return }
    moment += 1
    takenBack[uid] = moment
  }

  /// Whether it has said, as strictly as `proof` wants it, that it has these bytes.
  func hasProved(_ uid: UID, _ digest: Digest, _ proof: Proof) -> Bool {
    let copy = Copy(uid: uid, digest: digest)
    switch proof {
    case .response: return acknowledged.contains(copy)
    case .query: return found[copy].map { $0 > missed[uid] ?? 0 } ?? false
    case .commitment: return committed[copy].map { $0 > takenBack[uid] ?? 0 } ?? false
    }
  }

  /// Whether what it committed to under a UID, whatever the bytes, stands.
  func isCommitted(_ uid: UID) -> Bool {
    committed.contains { $0.key.uid == uid && $0.value > takenBack[uid] ?? 0 }
  }

  func hasWhole(_ uid: UID, _ digest: Digest) -> Bool { whole.contains(Copy(uid: uid, digest: digest)) }
}
