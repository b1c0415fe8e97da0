import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func submit(_ store: ModalityStore, now: Timestamp) async throws {
    try await writer.perform(alone: store.instances.count > 500) { try $0.submit(store, now: now) }
  }

  package func advanceStore(_ job: JobID, limit: Int, now: Timestamp) async throws -> StoreProgress? {
    try await writer.perform { try $0.advanceStore(job, limit: limit, now: now) }
  }

  package func store(_ job: JobID) async throws -> StoreRecord? {
    try await pool.read { try StoreRow.find(job, in: $0)?.record }
  }
}

/// How a wish to send is read from its rows.
enum StoreRow {
  struct Found {
    var number: Int64
    var record: StoreRecord
  }

  static func find(_ id: JobID, in db: Database) throws -> Found? {
    try db.first(
      """
      SELECT \(JobRow.columns), s.resources, s.is_permissive, s.transaction_uid, s.failed
      FROM storing s JOIN job j ON j.number = s.job WHERE j.uuid = ?
      """,
      id.rawValue
    ) { columns in
      let found = try JobRow.read(&columns)
      return Found(
        number: found.number,
        record: StoreRecord(
          job: found.job, resources: columns.lines().map(ResourceID.init(rawValue:)), isPermissive: columns.next(),
          transactionUID: try columns.optionalRaw(), failed: columns.next()))
    }
  }

  static func update(_ found: Found, in db: Database) throws {
    try db.run("UPDATE storing SET failed = ? WHERE job = ?", found.record.failed, found.number)
    try JobRow.update(JobRow.Found(number: found.number, job: found.record.job), in: db)
  }

  /// Instances that are not queued yet: ?1 job, ?2 limit.
  static let waiting = """
    SELECT position, instance FROM stored INDEXED BY stored_waiting
    WHERE job = ?1 AND delivery IS NULL AND is_done IS NULL ORDER BY position LIMIT ?2
    """

  /// Deliveries that have ended and are not counted: ?1 job, ?2 limit.
  static let ended = """
    SELECT s.position, d.state, d.last_error, d.reason FROM stored s INDEXED BY stored_open
    CROSS JOIN delivery d ON d.id = s.delivery
    WHERE s.job = ?1 AND s.delivery IS NOT NULL AND s.is_done IS NULL
      AND d.state IN (\(Schema.list(DeliveryLifecycle.terminal.sorted { $0.rawValue < $1.rawValue })))
    ORDER BY s.position LIMIT ?2
    """

  /// Deliveries that jobs queued and this one waits for, that have not ended, and that no other job waits for: ?1 job.
  static let open = """
    SELECT s.delivery FROM stored s INDEXED BY stored_open
    WHERE s.job = ?1 AND s.delivery IS NOT NULL AND s.is_done IS NULL AND s.is_own = 1
      AND NOT EXISTS (SELECT 1 FROM stored o INDEXED BY stored_delivery CROSS JOIN job j ON j.number = o.job
        WHERE o.delivery = s.delivery AND o.delivery IS NOT NULL AND o.is_done IS NULL AND o.job <> s.job
          AND j.state NOT IN ('Success', 'Failure'))
    """

  /// ?1 job, ?2 position, ?3 instance, ?4 destination, ?5 whether it was on its way already: then it is the job's own
  /// only if another job queued it.
  static let queued = """
    UPDATE stored SET delivery = d.id,
      is_own = NOT ?5 OR EXISTS (SELECT 1 FROM stored o INDEXED BY stored_delivery
        WHERE o.delivery = d.id AND o.delivery IS NOT NULL AND o.is_done IS NULL AND o.is_own = 1)
    FROM (SELECT id FROM delivery WHERE instance = ?3 AND destination = ?4 AND origin = 'api') d
    WHERE job = ?1 AND position = ?2
    """

  static let count = "UPDATE stored SET is_done = ? WHERE job = ? AND position = ?"
}

extension WriteTransaction {
  fileprivate func submit(_ store: ModalityStore, now: Timestamp) throws {
    var seen: Set<InstanceID> = []
    let instances = store.instances.filter { seen.insert($0).inserted }
    let job = Job(
      id: store.job, kind: .modalityStore, peer: store.peer, priority: store.priority, createdAt: now, nextAt: now,
      total: instances.count)
    let number = try JobRow.insert(job, in: db)
    try db.run(
      "INSERT INTO storing (job, resources, is_permissive, transaction_uid) VALUES (?, ?, ?, ?)", number,
      store.resources.map(\.rawValue).joined(separator: "\n"), store.isPermissive, store.transactionUID?.rawValue)
    for (position, id) in instances.enumerated() {
      try db.run(
        "INSERT INTO stored (job, position, instance) SELECT ?, ?, id FROM instance WHERE uuid = ?", number, position,
        id.rawValue)
    }
    try tell(job.changed("submit", by: "api", now: now))
  }

  fileprivate func advanceStore(_ job: JobID, limit: Int, now: Timestamp) throws -> StoreProgress? {
    guard var found = try StoreRow.find(job, in: db), found.record.job.state.isActive else { return nil }
    found.record.job.move(.started, now: now)
    var failure = try countEnded(&found, limit: limit)
    if failure == nil || found.record.isPermissive { failure = try queue(&found, limit: limit, now: now) ?? failure }
    let hasMore =
      try !db.rows(StoreRow.waiting, found.number, 1) { $0.next() as Int }.isEmpty
      || !db.rows(StoreRow.ended, found.number, 1) { $0.next() as Int }.isEmpty
    let isAllDone = found.record.job.done == found.record.job.total
    let hasEnded = found.record.conclude(isAllDone: isAllDone, failure: failure, now: now)
    if !hasEnded { found.record.job.nextAt = hasMore ? now : nil }
    try StoreRow.update(found, in: db)
    if hasEnded { try end(found, now: now) }
    let asks = found.record.job.state == .success && found.record.transactionUID != nil
    return StoreProgress(peer: found.record.job.peer, hasMore: hasMore && !hasEnded, asks: asks)
  }

  /// Counts deliveries that have ended; returns why one failed.
  private func countEnded(_ found: inout StoreRow.Found, limit: Int) throws -> String? {
    var failure: String?
    let ended = try db.rows(StoreRow.ended, found.number, limit) { columns in
      (
        position: columns.next() as Int, state: try columns.raw() as DeliveryState,
        text: (columns.optional() as String?, columns.optional() as String?)
      )
    }
    for delivery in ended {
      let isStored = delivery.state == .delivered
      if !isStored { failure = failure ?? delivery.text.0 ?? delivery.text.1 ?? "the delivery is \(delivery.state)" }
      try count(isStored, position: delivery.position, of: &found)
    }
    return failure
  }

  /// Queues instances that are not queued yet; returns why one cannot be.
  private func queue(_ found: inout StoreRow.Found, limit: Int, now: Timestamp) throws -> String? {
    var failure: String?
    let waiting = try db.rows(StoreRow.waiting, found.number, limit) {
      (position: $0.next() as Int, instance: $0.next() as Int64)
    }
    for item in waiting {
      guard var loaded = try db.consignment(row: item.instance) else { continue }
      let isShared = loaded.current.isStoring(to: found.record.job.peer)
      if let obstacle = loaded.current.store(to: found.record.job.peer, now: now) {
        failure = failure ?? obstacle
        try count(false, position: item.position, of: &found)
        if !found.record.isPermissive { break }
      } else {
        try save(loaded)
        try db.run(
          StoreRow.queued, found.number, item.position, item.instance, found.record.job.peer.rawValue, isShared)
      }
    }
    return failure
  }

  private func count(_ isStored: Bool, position: Int, of found: inout StoreRow.Found) throws {
    found.record.job.done += 1
    found.record.failed += isStored ? 0 : 1
    try db.run(StoreRow.count, isStored, found.number, position)
  }

  /// After success commitment is asked for, after a failure nothing more is sent.
  private func end(_ found: StoreRow.Found, now: Timestamp) throws {
    guard found.record.job.state == .success else { return try operate(.cancel, on: found.number, now: now) }
    guard let uid = found.record.transactionUID, try CommitmentRow.find(uid, in: db) == nil else { return }
    let references = try db.rows(
      """
      SELECT i.sop_class, i.sop_instance FROM stored s CROSS JOIN instance i ON i.id = s.instance
      WHERE s.job = ? AND s.is_done = 1 ORDER BY s.position
      """,
      found.number
    ) { try $0.sop() }
    try openManual(uid, to: found.record.job.peer, references: references, asking: nil, actor: "api", now: now)
  }

  /// Does something to all open deliveries of a job, because it is done to the job.
  func operate(_ verb: DeliveryVerb, on job: Int64, now: Timestamp) throws {
    let order = BulkOrder(actor: "api", reason: "its job", dryRun: false)
    for delivery: DeliveryID in try db.rows(StoreRow.open, job, read: { try $0.raw() }) {
      guard var loaded = try db.consignment(of: delivery) else { continue }
      if loaded.current.operate(verb, on: delivery, by: order, now: now) == nil { try save(loaded) }
    }
  }

  /// A job that sends was paused, resumed, cancelled or submitted again.
  func follow(_ verb: JobVerb, of job: JobID, now: Timestamp) throws {
    guard var found = try StoreRow.find(job, in: db) else { return }
    switch verb {
    case .pause: try operate(.hold, on: found.number, now: now)
    case .resume: try operate(.release, on: found.number, now: now)
    case .cancel: try operate(.cancel, on: found.number, now: now)
    case .resubmit:
      try db.run(
        "UPDATE stored SET delivery = NULL, is_done = NULL WHERE job = ? AND is_done IS NOT 1", found.number)
      found.record.job.done -= found.record.failed
      found.record.failed = 0
      try StoreRow.update(found, in: db)
    }
  }
}
