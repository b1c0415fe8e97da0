import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func change(
    _ filter: DeliveryFilter, _ verb: DeliveryVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID> {
    let rows = try await pool.read { try DeliverySearch(filter).ids(after: nil, limit: Int(Int32.max), in: $0) }
    return try await change(rows, by: order) { transaction, row, result in
      let id = DeliveryID(rawValue: row)
      guard var loaded = try transaction.db.consignment(of: id) else { return }
      guard let state = loaded.original.deliveries.first(where: { $0.id == id })?.state else { return }
      guard filter.isStill(state) else { return result.count(id, "the delivery is \(state) by now") }
      let obstacle = loaded.current.operate(verb, on: id, by: order, now: now)
      result.count(id, obstacle)
      if obstacle == nil, !order.dryRun { try transaction.save(loaded) }
    }
  }

  package func change(
    _ filter: InstanceFilter, _ verb: InstanceVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<InstanceID> {
    let rows = try await pool.read { try InstanceSearch(filter).ids(after: nil, limit: Int(Int32.max), in: $0) }
    return try await change(rows, by: order) { transaction, row, result in
      guard var loaded = try transaction.db.consignment(row: row) else { return }
      let (id, state) = (loaded.original.instance.id, loaded.original.instance.state)
      guard filter.isStill(state) else { return result.count(id, "the instance is \(state) by now") }
      let obstacle = loaded.current.operate(verb, by: order, now: now)
      result.count(id, obstacle)
      if obstacle == nil, !order.dryRun { try transaction.save(loaded) }
    }
  }

  package func repoint(
    _ filter: DeliveryFilter, to target: RepointTarget, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID> {
    let rows = try await pool.read { try DeliverySearch(filter).ids(after: nil, limit: Int(Int32.max), in: $0) }
    return try await change(rows, by: order) { transaction, row, result in
      let id = DeliveryID(rawValue: row)
      guard var loaded = try transaction.db.consignment(of: id) else { return }
      let obstacle = loaded.current.repoint(id, to: target, by: order, now: now)
      result.count(id, obstacle)
      if obstacle == nil, !order.dryRun { try transaction.save(loaded) }
    }
  }

  package func reroute(
    _ instance: InstanceID, plan: RoutingPlan, by order: BulkOrder, now: Timestamp
  ) async throws -> String? {
    try await writer.perform { transaction in
      guard var loaded = try transaction.db.consignment(instance) else { return "not on record" }
      if let obstacle = loaded.current.reroute(plan, by: order, now: now) { return obstacle }
      if !order.dryRun { try transaction.save(loaded) }
      return nil
    }
  }

  /// Changes the rows that matched, some hundreds in one transaction, each as it stands then.
  private func change<ID>(
    _ rows: [Int64], by order: BulkOrder,
    _ body: @escaping @Sendable (WriteTransaction, Int64, inout BulkResult<ID>) throws -> Void
  ) async throws -> BulkResult<ID> {
    try order.check(matched: rows.count)
    var result = BulkResult<ID>(matched: rows.count)
    for start in stride(from: 0, to: rows.count, by: 500) {
      let chunk = rows[start..<min(start + 500, rows.count)]
      result.add(
        try await writer.perform { transaction in
          var part = BulkResult<ID>(matched: 0)
          for row in chunk { try body(transaction, row, &part) }
          return part
        })
    }
    return result
  }

  package func raise(_ alarm: Alarm, event: EscrowEvent?) async throws {
    try await writer.perform { _ = try $0.raise(alarm, event: event) }
  }

  package func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) async throws {
    try await writer.perform { try $0.clear(kind, subject: subject, event: event) }
  }

  package func tell(_ event: EscrowEvent) async throws {
    try await writer.perform { try $0.tell(event) }
  }
}

extension DeliveryFilter {
  /// What matched was looked up before: a state that is another by now is not what was asked for.
  fileprivate func isStill(_ state: DeliveryState) -> Bool { states?.contains(state) ?? true }
}

extension InstanceFilter {
  fileprivate func isStill(_ state: InstanceState) -> Bool { states?.contains(state) ?? true }
}
