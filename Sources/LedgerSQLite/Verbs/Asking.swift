package import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func openTransaction(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, now: Timestamp
  ) async throws -> TransactionOpening {
    try await writer.perform(alone: policy.maxReferences > 500) {
      try $0.openTransaction(uid, to: destination, clock: AskingClock(policy, now: now))
    }
  }

  package func openTransaction(
    _ uid: UID, to destination: PeerName, references: [SOPInstance], asking: CommitmentPolicy?, actor: String,
    now: Timestamp
  ) async throws {
    try await writer.perform(alone: references.count > 500) { transaction in
      try transaction.openManual(
        uid, to: destination, references: references, asking: asking, actor: actor, now: now)
    }
  }

  package func nextManualRequest(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, givingUp: Timestamp, now: Timestamp
  ) async throws -> TransactionOpening {
    try await writer.perform {
      try $0.nextManual(uid, to: destination, policy: policy, givingUp: givingUp, now: now)
    }
  }

  package func recordRequest(_ uid: UID, answer: RequestAnswer, now: Timestamp) async throws {
    try await writer.perform { try $0.recordRequest(uid, answer: answer, now: now) }
  }
}

extension WriteTransaction {
  fileprivate func openTransaction(
    _ uid: UID, to destination: PeerName, clock: AskingClock
  ) throws -> TransactionOpening {
    guard let turn = try nextTurn(at: destination, clock: clock) else { return .nothingDue(next: nil) }
    guard turn.due <= clock.now else { return .nothingDue(next: turn.due) }
    let due =
      try turn.isFresh
      ? DueAsks.fresh(turn.study, at: destination, clock: clock, in: db)
      : DueAsks.again(turn.study, at: destination, clock: clock, in: db)
    let asked = clock.references(due) { $0.sop.instanceUID }
    let opened = try open(uid, to: destination, for: asked, clock: clock)
    if turn.isFresh { try endQuiet(turn.study, at: destination) }
    return .opened(opened)
  }

  private func nextTurn(at destination: PeerName, clock: AskingClock) throws -> AskingClock.Turn? {
    let firstSent = try DueAsks.moment(DueAsks.firstSent, at: destination, in: db)
    return clock.next(
      firstSent: firstSent, quietest: firstSent == nil ? nil : try quietest(at: destination),
      firstAgain: try DueAsks.moment(DueAsks.firstAgain, at: destination, in: db),
      lastAgain: try DueAsks.moment(DueAsks.lastAgain, at: destination, in: db))
  }

  /// The study that has been quiet longest; rows of studies that have nothing fresh any more are dropped on the way.
  private func quietest(at destination: PeerName) throws -> AskingClock.Moment? {
    while let found = try DueAsks.moment(DueAsks.quietest, at: destination, in: db) {
      if try hasFresh(found.study, at: destination) { return found }
      try dropQuiet(found.study, at: destination)
    }
    return nil
  }

  private func hasFresh(_ study: UID, at destination: PeerName) throws -> Bool {
    try db.exists(DueAsks.hasFresh, destination.rawValue, study.rawValue)
  }

  private func dropQuiet(_ study: UID, at destination: PeerName) throws {
    try db.run("DELETE FROM quiet WHERE destination = ? AND study = ?", destination.rawValue, study.rawValue)
  }

  /// After a transaction took what it could of a quiet study: what is left over is due at once.
  private func endQuiet(_ study: UID, at destination: PeerName) throws {
    guard try hasFresh(study, at: destination) else { return try dropQuiet(study, at: destination) }
    try db.run(
      "INSERT OR REPLACE INTO quiet (destination, study, last_sent) VALUES (?, ?, 0)", destination.rawValue,
      study.rawValue)
  }

  private func open(
    _ uid: UID, to destination: PeerName, for due: [DueAsks.Delivery], clock: AskingClock
  ) throws -> CommitmentTransaction {
    let opened = CommitmentTransaction(
      uid: uid, destination: destination, references: due.map(\.sop), openedAt: clock.now)
    var asked = due.map(\.delivery)
    for index in asked.indices { _ = asked[index].ask(in: uid, policy: clock.policy, now: clock.now) }
    let study = due.first?.study
    let items = zip(due, asked).map { CommitmentRow.Item(sop: $0.sop, delivery: $1) }
    _ = try CommitmentRow.insert(opened, items: items, study: study, isManual: false, in: db)
    for (before, delivery) in zip(due, asked) { try DeliveryRow.update(delivery, over: before.delivery, in: db) }
    try tell(.requested(opened, study: study))
    return opened
  }

  fileprivate func recordRequest(_ uid: UID, answer: RequestAnswer, now: Timestamp) throws {
    guard let transaction = try CommitmentRow.find(uid, in: db) else { return }
    let requested = try db.rows(
      """
      SELECT \(DeliveryRow.columns) FROM item t JOIN delivery d ON d.id = t.delivery JOIN instance i ON i.id = d.instance
      WHERE t.commitment = ? AND d.state = 'requested' ORDER BY d.id
      """,
      transaction.number, read: DeliveryRow.read)
    for before in requested {
      var delivery = before
      guard delivery.endRequest(uid, answer: answer) else { continue }
      try DeliveryRow.update(delivery, over: before, in: db)
    }
    let destination = transaction.record.destination
    switch answer {
    case .accepted: try clear(.commitmentRefused, subject: destination.rawValue, event: nil)
    case .refused(_, let message, let retryAt):
      try refuse(transaction, message: message, retryAt: retryAt)
      try raise(.refused(destination, message: message, at: now), event: nil)
    case .failed(_, let message): try CommitmentRow.note(transaction.root, message: message, in: db)
    case .notSent(let message, let retryAt):
      try refuse(transaction, message: "not sent: \(message)", retryAt: retryAt)
      // What never left may be asked for as it is.
      if transaction.root == transaction.number, transaction.record.manual {
        try db.run("UPDATE commitment SET openings = 0, state = 'open' WHERE number = ?", transaction.number)
      }
    }
  }

  private func refuse(_ transaction: CommitmentRow.Found, message: String, retryAt: Timestamp) throws {
    try CommitmentRow.refuse(transaction.number, message: message, retryAt: retryAt, in: db)
    guard transaction.root != transaction.number else { return }
    try db.run(
      "UPDATE commitment SET message = ?, next_ask_at = iif(next_ask_at IS NULL, NULL, ?) WHERE number = ?", message,
      retryAt.microseconds, transaction.root)
  }
}
