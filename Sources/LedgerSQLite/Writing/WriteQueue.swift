import DequeModule

/// What waits for the writer: admissions, which a sender waits for, and everything else, which what was received waits
/// for. Each kind in its order.
struct WriteQueue {
  /// Jobs of one transaction: enough to share a flush, few enough that nobody waits long for the others.
  static let mostInBatch = 64

  private var admissions: Deque<PendingWrite> = []
  private var others: Deque<PendingWrite> = []
  /// Whether the last batch was one job alone.
  private var wasAlone = false

  var isEmpty: Bool { admissions.isEmpty && others.isEmpty }

  mutating func append(_ job: PendingWrite) {
    switch job.kind {
    case .admission: admissions.append(job)
    case .other: others.append(job)
    }
  }

  /// What the next transaction does: of each kind up to half of a batch, and more where the other has less. A job that
  /// wants to be alone is, and admissions come between two such.
  mutating func takeBatch() -> [PendingWrite] {
    wasAlone = others.first?.isAlone == true && !(wasAlone && !admissions.isEmpty)
    if wasAlone { return others.popFirst().map { [$0] } ?? [] }
    let half = Self.mostInBatch / 2
    let ready = others.firstIndex(where: \.isAlone) ?? others.count
    let some = min(ready, Self.mostInBatch - min(admissions.count, half))
    let rest = min(admissions.count, Self.mostInBatch - some)
    defer {
      others.removeFirst(some)
      admissions.removeFirst(rest)
    }
    return Array(others.prefix(some)) + Array(admissions.prefix(rest))
  }

  mutating func takeAll() -> [PendingWrite] {
    defer { self = WriteQueue() }
    return Array(others) + Array(admissions)
  }
}
