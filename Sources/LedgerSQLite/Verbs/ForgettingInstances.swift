import DICOM
import EscrowCore
import GRDB

extension WriteTransaction {
  /// Forgets instances whose copy is gone for long enough, and all that hangs on them; their studies' summaries tell of
  /// them from then on.
  func forgetInstances(before: Timestamp, from position: RecordPosition, limit: Int) throws -> ForgettingStep {
    guard try !db.exists(ForgettingStatement.unread) else { return ForgettingStep(next: RecordStage.instances.next) }
    let seen = try db.rows(
      ForgettingStatement.instances, position.time, position.number, before.microseconds, limit,
      try db.number(ForgettingStatement.latest)
    ) { (row: $0.next() as Int64, goneAt: $0.next() as Int64, isDue: $0.next() as Bool) }
    var forgotten = Forgotten()
    for found in seen where found.isDue {
      guard let loaded = try db.consignment(row: found.row), loaded.current.isForgettable(before: before) else {
        continue
      }
      try forget(loaded, noting: &forgotten)
    }
    try finish(forgotten)
    let last = seen.last.map { RecordPosition(.instances, time: $0.goneAt, number: $0.row) }
    return ForgettingStep(
      next: self.position(after: last, seen: seen.count, limit: limit, of: .instances), instances: forgotten.instances)
  }

  /// What one step forgot, and what has to follow from it.
  private struct Forgotten {
    var instances = 0
    var summaries: [UID: StudySummary] = [:]
    var waves: Set<Int64> = []
    var transactions: Set<Int64> = []
    var failing: Set<PeerName> = []
  }

  private func forget(_ loaded: LoadedConsignment, noting forgotten: inout Forgotten) throws {
    let consignment = loaded.original
    let key = consignment.studyKey
    let items = try consignment.deliveries.flatMap { try asked(of: $0.id) }
    var summary = try forgotten.summaries[key] ?? SummaryRow.find(key, in: db) ?? StudySummary(of: consignment)
    summary.add(consignment, items: items)
    forgotten.summaries[key] = summary
    forgotten.instances += 1
    forgotten.failing.formUnion(consignment.deliveries.filter { $0.state == .failed }.map(\.destination))
    if let wave = try db.number("SELECT wave FROM instance WHERE id = ?", loaded.row) { forgotten.waves.insert(wave) }
    for delivery in consignment.deliveries { try forget(delivery.id, noting: &forgotten) }
    try delete(loaded)
  }

  /// What transactions said of a delivery.
  private func asked(of delivery: DeliveryID) throws -> [TransactionItem] {
    try db.rows(
      "\(TraceStatement.items) ORDER BY c.number", delivery.rawValue, read: TraceStatement.readItem
    ).map(\.1)
  }

  /// Lets what refers to a delivery do without it.
  private func forget(_ delivery: DeliveryID, noting forgotten: inout Forgotten) throws {
    let asked = try db.rows(
      "UPDATE item SET delivery = NULL WHERE delivery = ? RETURNING commitment", delivery.rawValue
    ) { $0.next() as Int64 }
    forgotten.transactions.formUnion(asked)
    try db.run("UPDATE delivery SET behind = NULL WHERE behind = ?", delivery.rawValue)
    try db.run("DELETE FROM attempt WHERE delivery = ?", delivery.rawValue)
  }

  private func delete(_ loaded: LoadedConsignment) throws {
    let id = loaded.original.instance.id.rawValue
    try db.run("DELETE FROM outbox WHERE event IN (SELECT sequence FROM event WHERE instance = ?)", id)
    try db.run("DELETE FROM event WHERE instance = ?", id)
    try db.run("DELETE FROM delivery WHERE instance = ?", loaded.row)
    try db.run("DELETE FROM instance WHERE id = ?", loaded.row)
  }

  /// The wave ?1, if all its instances are forgotten. The latest stays, so that no number is given twice.
  private static let endedWave = """
    DELETE FROM wave WHERE id = ?1 AND forgotten = instances AND is_open = 0 AND is_changed = 0
      AND id < (SELECT id FROM wave ORDER BY id DESC LIMIT 1)
    """

  /// Writes the summaries, and lets go of what speaks of nothing any more.
  private func finish(_ forgotten: Forgotten) throws {
    for summary in forgotten.summaries.values { try SummaryRow.write(summary, in: db) }
    for wave in forgotten.waves { try db.run(Self.endedWave, wave) }
    for number in forgotten.transactions where try !db.exists(ForgettingStatement.isAskedFor, number) {
      try deleteTransaction(number)
    }
    let destinations = forgotten.failing.sorted()
    try carryOut(destinations.map { .review(.deliveryFailed, subject: $0.rawValue) })
  }
}

extension ForgettingStatement {
  /// Whether the transaction ?1 asked for a delivery that is on record.
  static let isAskedFor = "SELECT 1 FROM item WHERE commitment = ?1 AND delivery IS NOT NULL"
}
