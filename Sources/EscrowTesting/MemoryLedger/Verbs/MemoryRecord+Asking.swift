package import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/openTransaction(_:to:policy:now:)``.
  package mutating func openTransaction(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, now: Timestamp
  ) throws -> TransactionOpening {
    let clock = AskingClock(policy, now: now)
    guard let turn = nextTurn(at: destination, clock: clock) else { return .nothingDue(next: nil) }
    guard turn.due <= now else { return .nothingDue(next: turn.due) }
    let due = due(turn, at: destination, clock: clock)
    let opened = try open(uid, to: destination, for: clock.references(due) { $0.sop.instanceUID }, clock: clock)
    if turn.isFresh { endQuiet(turn.study, at: destination) }
    return .opened(opened)
  }

  private func askable(at destination: PeerName) -> [DeliveryRecord] {
    records {
      $0.destination == destination && $0.state == .sent && $0.proof == .commitment && $0.hold == nil
    }
  }

  private mutating func nextTurn(at destination: PeerName, clock: AskingClock) -> AskingClock.Turn? {
    let askable = askable(at: destination)
    let fresh = askable.filter { $0.delivery.notBefore == nil }
    let again = moments(askable) { $0.notBefore }
    let firstSent = moments(fresh) { $0.sentAt }.first
    let quietest = firstSent == nil ? nil : quietest(at: destination, among: Set(fresh.map(\.studyKey)))
    return clock.next(firstSent: firstSent, quietest: quietest, firstAgain: again.first, lastAgain: again.last)
  }

  /// The moments of those that have one, the first first.
  private func moments(_ records: [DeliveryRecord], at: (Delivery) -> Timestamp?) -> [AskingClock.Moment] {
    let moments = records.compactMap { record in
      at(record.delivery).map { (record.delivery.id, AskingClock.Moment(at: $0, study: record.studyKey)) }
    }
    return moments.sorted { ($0.1.at, $0.0) < ($1.1.at, $1.0) }.map(\.1)
  }

  /// The study that has been quiet longest; times of studies that have nothing fresh any more are dropped on the way.
  private mutating func quietest(at destination: PeerName, among fresh: Set<UID>) -> AskingClock.Moment? {
    let times = quietTimes.filter { $0.key.destination == destination }
      .sorted { ($0.value, $0.key.study.rawValue) < ($1.value, $1.key.study.rawValue) }
    for (key, lastSent) in times {
      if fresh.contains(key.study) { return AskingClock.Moment(at: lastSent, study: key.study) }
      quietTimes[key] = nil
    }
    return nil
  }

  /// What one transaction may take, in the order of its turn.
  private func due(
    _ turn: AskingClock.Turn, at destination: PeerName, clock: AskingClock
  ) -> [DeliveryRecord] {
    let limit = clock.policy.maxReferences
    let ofStudy = askable(at: destination).filter { $0.studyKey == turn.study }
    if turn.isFresh { return Array(ofStudy.filter { $0.delivery.notBefore == nil }.prefix(limit)) }
    let again = ofStudy.filter { $0.delivery.notBefore.map(clock.isOver) ?? false }.sorted {
      ($0.delivery.notBefore ?? clock.now, $0.delivery.id) < ($1.delivery.notBefore ?? clock.now, $1.delivery.id)
    }
    let isBeyond = { (record: DeliveryRecord) in (record.delivery.notBefore ?? clock.now) > clock.now }
    return Array(again.filter { !isBeyond($0) }.prefix(limit)) + again.filter(isBeyond).prefix(limit)
  }

  /// After a transaction took what it could of a quiet study: what is left over is due at once.
  private mutating func endQuiet(_ study: UID, at destination: PeerName) {
    let isLeftOver = askable(at: destination).contains { $0.studyKey == study && $0.delivery.notBefore == nil }
    let key = MemoryQuietKey(destination: destination, study: study)
    quietTimes[key] = isLeftOver ? Timestamp(microseconds: 0) : nil
  }

  private mutating func open(
    _ uid: UID, to destination: PeerName, for due: [DeliveryRecord], clock: AskingClock
  ) throws -> CommitmentTransaction {
    let opened = CommitmentTransaction(
      uid: uid, destination: destination, references: due.map(\.sop), openedAt: clock.now)
    var asked = due.map(\.delivery)
    for index in asked.indices { _ = asked[index].ask(in: uid, policy: clock.policy, now: clock.now) }
    let study = due.first?.studyInstanceUID
    try insert(opened, deliveries: asked, study: study, isManual: false)
    for delivery in asked { write(delivery) }
    tell(.requested(opened, study: study))
    return opened
  }

  /// As ``Ledger/openTransaction(_:to:references:asking:actor:now:)``.
  package mutating func openTransaction(
    _ uid: UID, to destination: PeerName, references: [SOPInstance], asking: CommitmentPolicy?, actor: String,
    now: Timestamp
  ) throws {
    let opened = CommitmentTransaction(
      uid: uid, destination: destination, references: references.uniqued(), openedAt: now)
    try insert(opened, deliveries: [], study: nil, isManual: true)
    commitments[commitments.endIndex - 1].openings = asking == nil ? 0 : 1
    commitments[commitments.endIndex - 1].record.nextAskAt = asking.map { now + $0.wait(afterOpening: 1) } ?? now
    tell(.requested(opened, study: nil, actor: actor))
    if opened.references.isEmpty { conclude(commitments.endIndex - 1, by: "escrow", now: now) }
  }

  /// As ``Ledger/nextManualRequest(_:to:policy:givingUp:now:)``.
  package mutating func nextManualRequest(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, givingUp: Timestamp, now: Timestamp
  ) throws -> TransactionOpening {
    while let (index, at) = nextManual(at: destination) {
      guard at <= now else { return .nothingDue(next: at) }
      let open = commitments[index].items.filter { $0.committed == nil }.map(\.sop)
        .sorted { $0.instanceUID.rawValue < $1.instanceUID.rawValue }
      guard !open.isEmpty, commitments[index].record.openedAt > givingUp else {
        giveUp(index, now: now)
        continue
      }
      return .opened(try openAgain(index, as: uid, references: open, policy: policy, now: now))
    }
    return .nothingDue(next: nil)
  }

  private func nextManual(at destination: PeerName) -> (index: Int, at: Timestamp)? {
    let due = commitments.indices.compactMap { index in
      let commitment = commitments[index]
      let isMeant = commitment.record.manual && commitment.root == nil && commitment.record.destination == destination
      return isMeant ? commitment.record.nextAskAt.map { (index: index, at: $0) } : nil
    }
    return due.min { ($0.at, $0.index) < ($1.at, $1.index) }
  }

  private mutating func openAgain(
    _ root: Int, as uid: UID, references: [SOPInstance], policy: CommitmentPolicy, now: Timestamp
  ) throws -> CommitmentTransaction {
    let isFirst = commitments[root].openings == 0
    commitments[root].openings += 1
    commitments[root].record.nextAskAt = now + policy.wait(afterOpening: commitments[root].openings)
    let record = commitments[root].record
    let opened = CommitmentTransaction(
      uid: isFirst ? record.uid : uid, destination: record.destination, references: references, openedAt: now)
    guard !isFirst else { return opened }
    try insert(opened, deliveries: [], study: nil, isManual: true)
    commitments[commitments.endIndex - 1].root = root
    tell(.requested(opened, study: nil))
    return opened
  }

  private mutating func giveUp(_ index: Int, now: Timestamp) {
    for place in commitments[index].items.indices where commitments[index].items[place].committed == nil {
      commitments[index].items[place].decide(failure: Vouching.processingFailure, by: "escrow", at: now)
    }
    commitments[index].record.message = "given up: no report came"
    conclude(index, by: "escrow", now: now)
  }

  /// Counts what is decided of a transaction.
  mutating func conclude(_ index: Int, by reporter: String, now: Timestamp) {
    commitments[index].record.state = .answered
    commitments[index].record.answeredAt = now
    commitments[index].record.reportedBy = reporter
    if commitments[index].items.allSatisfy({ $0.committed != nil }) { commitments[index].record.nextAskAt = nil }
  }

  /// Writes a transaction; without deliveries it proves nothing.
  private mutating func insert(
    _ opened: CommitmentTransaction, deliveries: [Delivery], study: UID?, isManual: Bool
  ) throws {
    guard commitmentOfUID[opened.uid] == nil else { throw LedgerError.transactionExists(opened.uid.rawValue) }
    let items = opened.references.enumerated().map { index, sop in
      let delivery = isManual ? nil : deliveries[index]
      return TransactionItem(
        uid: opened.uid, destination: opened.destination, delivery: delivery?.id, sop: sop,
        attempt: delivery?.attempts ?? 0, openedAt: opened.openedAt)
    }
    commitmentOfUID[opened.uid] = commitments.endIndex
    commitments.append(
      MemoryCommitment(
        number: Int64(commitments.endIndex) + 1, study: study,
        record: TransactionRecord(
          uid: opened.uid, destination: opened.destination, state: .open, openedAt: opened.openedAt,
          nextAskAt: deliveries.compactMap(\.notBefore).min(), references: items.count, committed: 0, failed: [],
          manual: isManual),
        items: items))
  }
}
