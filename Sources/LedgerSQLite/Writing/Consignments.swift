import DICOM
import EscrowCore
import GRDB

/// A consignment as it was loaded, to be changed and saved within one transaction.
struct LoadedConsignment {
  /// The instance's number.
  let row: Int64
  let original: Consignment
  var current: Consignment

  init(row: Int64, _ consignment: Consignment) {
    self.row = row
    original = consignment
    current = consignment
  }
}

extension Database {
  /// All deliveries of an instance, in the order of their admission.
  func deliveries(of row: Int64) throws -> [Delivery] {
    try rows(
      "SELECT \(DeliveryRow.columns) FROM \(DeliveryRow.table) WHERE d.instance = ? ORDER BY d.id", row,
      read: DeliveryRow.read)
  }

  func consignment(row: Int64) throws -> LoadedConsignment? {
    let instance = try first(
      "SELECT \(InstanceRow.columns) FROM instance i WHERE i.id = ?", row, read: InstanceRow.read)
    guard let instance else { return nil }
    return LoadedConsignment(row: row, Consignment(instance: instance, deliveries: try deliveries(of: row)))
  }

  func consignment(_ id: InstanceID) throws -> LoadedConsignment? {
    guard let row = try number("SELECT id FROM instance WHERE uuid = ?", id.rawValue) else { return nil }
    return try consignment(row: row)
  }

  func consignment(of delivery: DeliveryID) throws -> LoadedConsignment? {
    guard let row = try number("SELECT instance FROM delivery WHERE id = ?", delivery.rawValue) else { return nil }
    return try consignment(row: row)
  }

  /// All that share a SOP Instance UID, in the order of their admission.
  func consignments(sopInstanceUID uid: UID) throws -> [LoadedConsignment] {
    let found = try rows("SELECT id FROM instance WHERE sop_instance = ? ORDER BY id", uid.rawValue) {
      $0.next() as Int64
    }
    return try found.compactMap { try consignment(row: $0) }
  }
}

extension WriteTransaction {
  /// Writes a new instance with what is planned for it.
  func add(_ consignment: Consignment, now: Timestamp) throws {
    let wave = try wave(of: consignment.instance, now: now)
    let row = try InstanceRow.insert(consignment.instance, wave: wave, in: db)
    try ResourceRow.insert(consignment.instance, row: row, in: db)
    try LegalHoldStatement.apply(to: row, consignment.instance.attributes, in: db)
    var loaded = LoadedConsignment(row: row, consignment)
    loaded.current.planned = consignment.planned
    try save(loaded)
  }

  /// Writes what was changed, and carries out what it causes.
  func save(_ loaded: LoadedConsignment) throws {
    var current = loaded.current
    try insertPlanned(&current, row: loaded.row)
    for (index, before) in loaded.original.deliveries.enumerated() where before != current.deliveries[index] {
      try save(&current.deliveries[index], over: before, sopInstanceUID: current.instance.sop.instanceUID)
    }
    if current.instance != loaded.original.instance || current.standing != loaded.original.standing
      || current.isAmbiguous != loaded.original.isAmbiguous
    {
      try InstanceRow.update(loaded.row, to: current, over: loaded.original, in: db)
    }
    try carryOut(current.effects)
  }

  private func insertPlanned(_ consignment: inout Consignment, row: Int64) throws {
    for planned in consignment.planned {
      let wave = try db.number("SELECT wave FROM instance WHERE id = ?", row) ?? 0
      let id = try DeliveryRow.insert(planned, of: row, instance: consignment.instance, wave: wave, in: db)
      var delivery = planned.delivery(id: id, of: consignment.instance.id, wave: wave)
      let inserted = delivery
      try lineUp(&delivery, sopInstanceUID: consignment.instance.sop.instanceUID)
      try DeliveryRow.update(delivery, over: inserted, in: db)
      consignment.append(delivery)
    }
    consignment.planned = []
  }

  /// Writes a changed delivery, keeps the order of deliveries of one SOP Instance UID, and the quiet times.
  func save(_ delivery: inout Delivery, over before: Delivery, sopInstanceUID: UID) throws {
    if before.state.isTerminal, delivery.state == .queued {
      try lineUp(&delivery, sopInstanceUID: sopInstanceUID)
    }
    let hasEnded = !before.state.isTerminal && delivery.state.isTerminal
    // Another of its instance may have ended just now, and have let it step up.
    let ahead = hasEnded && before.behind != nil ? try db.number(Self.leader, before.id.rawValue) : nil
    try DeliveryRow.update(delivery, over: before, in: db)
    if hasEnded { try release(behind: before, to: ahead.map { DeliveryID(rawValue: $0) }) }
    if delivery.awaitsQuiet, !before.awaitsQuiet { try restartQuiet(delivery) }
  }

  private func lineUp(_ delivery: inout Delivery, sopInstanceUID: UID) throws {
    let others = try db.rows(
      """
      SELECT \(DeliveryRow.columns) FROM instance i CROSS JOIN delivery d ON d.instance = i.id
      WHERE i.sop_instance = ? AND d.destination = ?
      """,
      sopInstanceUID.rawValue, delivery.destination.rawValue, read: DeliveryRow.read)
    delivery.lineUp(behind: others)
  }

  /// What the delivery ?1 waits for.
  private static let leader = "SELECT behind FROM delivery WHERE id = ?1"

  /// What waited for `ended` goes on one after the other: the first waits for what that one waited for, or for nothing.
  private func release(behind ended: Delivery, to leader: DeliveryID?) throws {
    let followers = try db.rows(
      "SELECT \(DeliveryRow.columns) FROM \(DeliveryRow.table) WHERE d.behind = ? ORDER BY d.id",
      ended.id.rawValue, read: DeliveryRow.read)
    var ahead = leader
    for waiting in followers {
      var follower = waiting
      follower.stepUp(behind: follower.destination == ended.destination ? ahead : nil)
      try DeliveryRow.update(follower, over: waiting, in: db)
      if follower.destination == ended.destination { ahead = follower.id }
    }
  }

  private func restartQuiet(_ delivery: Delivery) throws {
    try db.run(
      """
      INSERT INTO quiet (destination, study, last_sent) SELECT destination, study, sent_at FROM delivery WHERE id = ?
      ON CONFLICT DO UPDATE SET last_sent = max(last_sent, excluded.last_sent)
      """,
      delivery.id.rawValue)
  }
}
