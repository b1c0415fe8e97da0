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

  /// Writes what has changed of a delivery since it was `before`. Its claim ends unless it is being sent.
  static func update(_ delivery: Delivery, over before: Delivery, in db: Database) throws {
    var changes = ColumnChanges()
    changes.note("priority", before.priority, delivery.priority) { $0.rawValue }
    changes.note("state", before.state, delivery.state) { $0.rawValue }
    changes.note("proof", before.proof, delivery.proof) { $0.rawValue }
    changes.note("routes", before.routes, delivery.routes) { $0.joined(separator: "\n") }
    changes.note("attempts", before.attempts, delivery.attempts)
    changes.note("doubtful_failures", before.doubtfulFailures, delivery.doubtfulFailures)
    changes.note("asks", before.asks, delivery.asks)
    changes.note("resends", before.resends, delivery.resends)
    changes.note("reason", before.reason, delivery.reason)
    changes.note("last_error", before.lastError, delivery.lastError)
    changes.note("not_before", before.notBefore, delivery.notBefore) { $0.stored }
    changes.note("hold_by", before.hold?.by, delivery.hold?.by)
    changes.note("hold_reason", before.hold?.reason, delivery.hold?.reason)
    changes.note("hold_at", before.hold?.at, delivery.hold?.at) { $0.stored }
    changes.note("transaction_uid", before.transactionUID, delivery.transactionUID) { $0?.rawValue }
    changes.note("sent_at", before.sentAt, delivery.sentAt) { $0.stored }
    changes.note("cancel_requested", before.cancelRequested, delivery.cancelRequested)
    changes.note("behind", before.behind, delivery.behind) { $0?.rawValue }
    changes.note("accept_discarded", before.acceptDiscarded, delivery.acceptDiscarded)
    changes.note("overwrites", before.overwrites, delivery.overwrites)
    changes.note("discarded_elements", before.discardedElements, delivery.discardedElements)
    changes.note("first_asked_at", before.firstAskedAt, delivery.firstAskedAt) { $0.stored }
    changes.note("failed_asks", before.failedAsks, delivery.failedAsks)
    changes.note("proved_by", before.provedBy, delivery.provedBy)
    changes.note("failed_by", before.failedBy, delivery.failedBy)
    changes.note("contradicted", before.contradicted, delivery.contradicted)
    try changes.note("terms", before.terms, delivery.terms) { try $0.stored() }
    changes.note("altered", before.terms.alters, delivery.terms.alters)
    changes.note("alternative", before.terms.alternative?.destination, delivery.terms.alternative?.destination) {
      $0?.rawValue
    }
    changes.note("turn", before.turn, delivery.turn)
    changes.note("replaces", before.replaces, delivery.replaces) { $0?.rawValue }
    changes.note("may_be_there", before.mayBeThere, delivery.mayBeThere)
    changes.note("stale_at", before.staleAt, delivery.staleAt) { $0.stored }
    if before.state == .sending, delivery.state != .sending {
      for column in ["lease", "incarnation", "claimed_at"] { changes.set(column, nil) }
    }
    try changes.apply(to: "delivery", row: delivery.id.rawValue, in: db)
  }
}
