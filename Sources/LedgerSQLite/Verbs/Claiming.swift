import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func claim(
    _ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp
  ) async throws -> ClaimBatch {
    try await writer.perform { try $0.claim(destination, limit: limit, lease: lease, now: now) }
  }

  package func replace(at destination: PeerName, limit: Int, now: Timestamp) async throws -> Int {
    try await writer.perform { transaction in
      let found = try transaction.db.rows(DueDeliveries.replaceable, destination.rawValue, limit) {
        DeliveryID(rawValue: $0.next())
      }
      var replaced = 0
      for id in found {
        guard var loaded = try transaction.db.consignment(of: id), loaded.current.replace(id, now: now) else {
          continue
        }
        try transaction.save(loaded)
        replaced += 1
      }
      return replaced
    }
  }

  package func renew(_ claims: [ClaimKey], lease: MonotonicTime) async throws {
    try await writer.perform { transaction in
      for claim in claims {
        try transaction.db.run(
          "UPDATE delivery SET lease = ? WHERE id = ? AND attempts = ? AND state = 'sending'", lease.nanoseconds,
          claim.delivery.rawValue, claim.attempt)
      }
    }
  }

  package func expireClaims(at moment: MonotonicTime, now: Timestamp) async throws -> Int {
    try await writer.perform { try $0.expireClaims(at: moment, now: now) }
  }

  package func record(_ outcomes: [AttemptOutcome], now: Timestamp) async throws {
    try await writer.perform { transaction in
      for outcome in outcomes { try transaction.record(outcome, now: now) }
    }
  }
}

/// The queries that find what is due for sending, by indexes that hold nothing else.
enum DueDeliveries {
  private static let claimable = "state = 'queued' AND hold_by IS NULL AND behind IS NULL"

  /// Whether an operator stopped sending to ?1.
  static let stopped = """
    SELECT 1 FROM alarm WHERE kind IN (\(Schema.list(AlarmKind.stopsSending))) AND subject = ?1
    """

  /// Candidates, ?1 destination, ?2 limit, ?3 now, ?4 now and the longest wait: those that wait for no time by
  /// priority, study and age; of those whose time came, for each priority the ones that waited longest. Within a
  /// priority the two take turns: what is refused again and again must not fill every batch, nor wait for ever.
  static let candidates: String = {
    let ready = """
      SELECT * FROM (SELECT id, priority, turn, 0 AS waited FROM delivery INDEXED BY delivery_ready
        WHERE destination = ?1 AND \(claimable) AND not_before IS NULL ORDER BY priority, turn, id LIMIT ?2)
      """
    let waited = Priority.allCases.flatMap { priority in
      ["not_before <= ?3", "not_before > ?4"].map { over in
        """
        SELECT * FROM (SELECT id, priority, turn, 1 AS waited FROM delivery INDEXED BY delivery_waiting
          WHERE destination = ?1 AND priority = \(priority.rawValue) AND \(claimable) AND not_before IS NOT NULL
            AND \(over) ORDER BY not_before, id LIMIT ?2)
        """
      }
    }
    return """
      SELECT id FROM (SELECT id, priority, waited,
          row_number() OVER (PARTITION BY priority, waited ORDER BY turn, id) AS place
        FROM (\(([ready] + waited).joined(separator: " UNION ALL ")))) ORDER BY priority, place, waited LIMIT ?2
      """
  }()

  /// Claims the candidates: ?5 lease, ?6 incarnation.
  static let claim = """
    UPDATE delivery SET state = '\(DeliveryLifecycle.target(of: .claimed).rawValue)', attempts = attempts + 1,
      not_before = NULL, reason = NULL, lease = ?5, incarnation = ?6, claimed_at = ?3
    WHERE id IN (\(candidates)) AND state IN (\(Schema.list(DeliveryLifecycle.sources(of: .claimed)))) RETURNING id
    """

  /// What may go elsewhere while a destination is down: ?1 destination, ?2 limit.
  static let replaceable = """
    SELECT id FROM delivery INDEXED BY delivery_replaceable
    WHERE destination = ?1 AND \(claimable) AND alternative IS NOT NULL AND may_be_there = 0 ORDER BY id LIMIT ?2
    """

  /// When the next one of a priority is due: ?1 destination, ?2 priority, ?3 now.
  static let next = """
    SELECT min(not_before) FROM delivery INDEXED BY delivery_waiting
    WHERE destination = ?1 AND priority = ?2 AND \(claimable) AND not_before IS NOT NULL AND not_before > ?3
    """
}

extension WriteTransaction {
  fileprivate func claim(
    _ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp
  ) throws -> ClaimBatch {
    guard try !db.exists(DueDeliveries.stopped, destination.rawValue) else {
      return ClaimBatch(claims: [], nextDue: nil)
    }
    let claimed: [Int64] = try db.rows(
      DueDeliveries.claim,
      arguments: [
        destination.rawValue, limit, now.microseconds, (now + Waiting.longest).microseconds, lease.nanoseconds,
        try Identity.incarnation(in: db),
      ]
    ) { $0.next() }
    let claims = try claimed.map { try claim($0) }.sorted {
      ($0.claim.priority, $0.turn, $0.claim.key.delivery) < ($1.claim.priority, $1.turn, $1.claim.key.delivery)
    }.map(\.claim)
    let next = try Priority.allCases.compactMap {
      try db.number(DueDeliveries.next, destination.rawValue, $0.rawValue, now.microseconds)
    }
    return ClaimBatch(claims: claims, nextDue: next.min().map(Timestamp.init(microseconds:)))
  }

  private func claim(_ id: Int64) throws -> (claim: Claim, turn: Int64) {
    let claim = try db.first(
      """
      SELECT d.id, d.attempts, d.destination, i.uuid, i.file, i.sop_class, i.sop_instance, i.transfer_syntax, i.bytes,
        i.digest, i.study, i.received_at, d.proof, d.priority, d.doubtful_failures, d.resends,
        d.terms, d.turn
      FROM \(DeliveryRow.table) WHERE d.id = ?
      """,
      id, read: WriteTransaction.readClaim)
    guard let claim else { throw LedgerError.malformedRow("delivery \(id)") }
    return claim
  }

  private static func readClaim(_ columns: inout Columns) throws -> (claim: Claim, turn: Int64) {
    let key = ClaimKey(delivery: try columns.raw(), attempt: columns.next())
    let destination: PeerName = try columns.raw()
    let instance: InstanceID = try columns.raw()
    let file: InstanceID = try columns.raw()
    let sop = try columns.sop()
    let claim = Claim(
      key: key, destination: destination, instance: instance, file: file, sop: sop,
      transferSyntax: try columns.raw(), dataSetLength: columns.next(), digest: try columns.digest(),
      studyInstanceUID: try columns.optionalRaw(), receivedAt: columns.time(), proof: try columns.raw(),
      priority: try columns.raw(), doubtfulFailures: columns.next(), resends: columns.next(),
      terms: try columns.terms())
    return (claim, columns.next())
  }

  fileprivate func record(_ outcome: AttemptOutcome, now: Timestamp) throws {
    guard var loaded = try db.consignment(of: outcome.key.delivery) else { return }
    if loaded.current.record(outcome, now: now) {
      try save(loaded)
    } else {
      // What ended otherwise in the meantime was tried all the same.
      guard try outcome.result.wasTried && !AttemptRow.exists(outcome.key, in: db) else { return }
    }
    try AttemptRow.insert(AttemptRecord(outcome, endedAt: now), in: db)
  }

  fileprivate func expireClaims(at moment: MonotonicTime, now: Timestamp) throws -> Int {
    let incarnation = try Identity.incarnation(in: db)
    let ended =
      try db.rows(ExpiredClaim.ofOthers, incarnation, read: ExpiredClaim.read)
      + db.rows(ExpiredClaim.late, incarnation, moment.nanoseconds, read: ExpiredClaim.read)
    for claim in ended { try expire(claim, now: now) }
    return ended.count
  }

  func expire(_ claim: ExpiredClaim, now: Timestamp) throws {
    guard var loaded = try db.consignment(of: claim.key.delivery),
      loaded.current.expireClaim(claim.key.delivery, now: now)
    else { return }
    try save(loaded)
    try AttemptRow.insert(.expired(claim.key, claimedAt: claim.claimedAt, endedAt: now), in: db)
  }
}

/// A claim whose lease has ended.
struct ExpiredClaim {
  var key: ClaimKey
  var claimedAt: Timestamp

  private static let selection = "SELECT id, attempts, claimed_at FROM delivery INDEXED BY delivery_claim"

  /// Claims of processes that are gone.
  static let ofOthers = "\(selection) WHERE state = 'sending' AND incarnation < ? ORDER BY id"

  /// Claims of this process whose lease has ended.
  static let late = "\(selection) WHERE state = 'sending' AND incarnation = ? AND lease <= ? ORDER BY id"

  static func read(_ columns: inout Columns) throws -> ExpiredClaim {
    ExpiredClaim(
      key: ClaimKey(delivery: try columns.raw(), attempt: columns.next()), claimedAt: columns.time())
  }
}
