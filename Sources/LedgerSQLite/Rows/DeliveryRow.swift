import DICOM
import EscrowCore
import GRDB

/// How a delivery is written to and read from its row.
enum DeliveryRow {
  static let table = "delivery d JOIN instance i ON i.id = d.instance"

  static let columns = """
    d.id, i.uuid, d.destination, d.origin, d.priority, d.state, d.proof, d.routes, d.attempts, d.doubtful_failures, \
    d.asks, d.resends, d.reason, d.last_error, d.not_before, d.hold_by, d.hold_reason, d.hold_at, d.transaction_uid, \
    d.sent_at, d.cancel_requested, d.behind, d.accept_discarded, d.overwrites, d.discarded_elements, \
    d.first_asked_at, d.failed_asks, d.proved_by, d.failed_by, d.contradicted, d.terms, d.turn, d.replaces, \
    d.may_be_there, d.stale_at
    """

  static func read(_ columns: inout Columns) throws -> Delivery {
    Delivery(
      id: try columns.raw(), instance: try columns.raw(), destination: try columns.raw(), origin: try columns.raw(),
      priority: try columns.raw(), state: try columns.raw(), proof: try columns.raw(), routes: columns.lines(),
      attempts: columns.next(), doubtfulFailures: columns.next(), asks: columns.next(), resends: columns.next(),
      reason: columns.optional(), lastError: columns.optional(), notBefore: columns.optionalTime(),
      hold: hold(&columns),
      transactionUID: try columns.optionalRaw(), sentAt: columns.optionalTime(), cancelRequested: columns.next(),
      behind: try columns.optionalRaw(), acceptDiscarded: columns.next(), overwrites: columns.next(),
      discardedElements: columns.next(),
      firstAskedAt: columns.optionalTime(), failedAsks: columns.next(), provedBy: columns.optional(),
      failedBy: columns.optional(),
      contradicted: columns.next(), terms: try columns.terms(), turn: columns.next(),
      replaces: try columns.optionalRaw(), mayBeThere: columns.next(), staleAt: columns.optionalTime())
  }

  private static func hold(_ columns: inout Columns) -> Hold? {
    let by: String? = columns.optional()
    let reason: String? = columns.optional()
    let at: Timestamp? = columns.optionalTime()
    guard let by, let reason, let at else { return nil }
    return Hold(by: by, reason: reason, at: at)
  }

  /// Writes a new delivery; returns its number.
  static func insert(
    _ delivery: PlannedDelivery, of row: Int64, instance: Instance, wave: Int64, in db: Database
  ) throws -> DeliveryID {
    try db.run(
      """
      INSERT INTO delivery (instance, study, destination, origin, priority, state, proof, routes, attempts,
        doubtful_failures, asks, resends, accept_discarded, overwrites, terms, altered, alternative, replaces, turn)
      VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, 0, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?)
      """,
      row, instance.studyKey.rawValue, delivery.destination.rawValue, delivery.origin.rawValue,
      delivery.priority.rawValue, delivery.proof.rawValue, delivery.routes.joined(separator: "\n"),
      delivery.acceptDiscarded, delivery.overwrites, try delivery.terms.stored(), delivery.terms.alters,
      delivery.terms.alternative?.destination.rawValue, delivery.replaces?.rawValue, wave)
    return DeliveryID(rawValue: db.lastInsertedRowID)
  }

  /// Writes what may change of a delivery. Its claim ends unless it is being sent.
  static func update(_ delivery: Delivery, in db: Database) throws {
    let sends = delivery.state == .sending
    try db.run(
      """
      UPDATE delivery SET priority = ?, state = ?, proof = ?, routes = ?, attempts = ?, doubtful_failures = ?, asks = ?,
        resends = ?, reason = ?, last_error = ?, not_before = ?, hold_by = ?, hold_reason = ?, hold_at = ?,
        transaction_uid = ?, sent_at = ?, cancel_requested = ?, behind = ?, accept_discarded = ?, overwrites = ?, discarded_elements = ?,
        first_asked_at = ?, failed_asks = ?, proved_by = ?, failed_by = ?, contradicted = ?,
        terms = ?, altered = ?, alternative = ?, turn = ?, replaces = ?, may_be_there = ?, stale_at = ?,
        lease = iif(?, lease, NULL), incarnation = iif(?, incarnation, NULL), claimed_at = iif(?, claimed_at, NULL)
      WHERE id = ?
      """,
      delivery.priority.rawValue, delivery.state.rawValue, delivery.proof.rawValue,
      delivery.routes.joined(separator: "\n"), delivery.attempts, delivery.doubtfulFailures, delivery.asks,
      delivery.resends, delivery.reason, delivery.lastError, delivery.notBefore.stored, delivery.hold?.by,
      delivery.hold?.reason, delivery.hold?.at.microseconds, delivery.transactionUID?.rawValue,
      delivery.sentAt.stored, delivery.cancelRequested, delivery.behind?.rawValue,
      delivery.acceptDiscarded, delivery.overwrites, delivery.discardedElements,
      delivery.firstAskedAt.stored, delivery.failedAsks, delivery.provedBy, delivery.failedBy, delivery.contradicted,
      try delivery.terms.stored(), delivery.terms.alters, delivery.terms.alternative?.destination.rawValue,
      delivery.turn, delivery.replaces?.rawValue, delivery.mayBeThere, delivery.staleAt.stored,
      sends, sends, sends, delivery.id.rawValue)
  }
}
