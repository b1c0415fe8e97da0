import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/change(_:_:by:now:)-(DeliveryFilter,_,_,_)``.
  package mutating func change(
    _ filter: DeliveryFilter, _ verb: DeliveryVerb, by order: BulkOrder, now: Timestamp
  ) throws -> BulkResult<DeliveryID> {
    let found = records(filter).map(\.delivery)
    try order.check(matched: found.count)
    var result = BulkResult<DeliveryID>(matched: found.count)
    for delivery in found {
      guard let row = rowOfDelivery[delivery.id] else { continue }
      var changed = consignments[row]
      let obstacle = changed.operate(verb, on: delivery.id, by: order, now: now)
      result.count(delivery.id, obstacle)
      if obstacle == nil, !order.dryRun { save(changed, at: row) }
    }
    return result
  }

  /// As ``Ledger/change(_:_:by:now:)-(InstanceFilter,_,_,_)``.
  package mutating func change(
    _ filter: InstanceFilter, _ verb: InstanceVerb, by order: BulkOrder, now: Timestamp
  ) throws -> BulkResult<InstanceID> {
    let found = rows { filter.matches($0.instance) }
    try order.check(matched: found.count)
    var result = BulkResult<InstanceID>(matched: found.count)
    for (row, consignment) in found {
      var changed = consignment
      let obstacle = changed.operate(verb, by: order, now: now)
      result.count(consignment.instance.id, obstacle)
      if obstacle == nil, !order.dryRun { save(changed, at: row) }
    }
    return result
  }

  /// As ``OperationsLedger/repoint(_:to:by:now:)``.
  package mutating func repoint(
    _ filter: DeliveryFilter, to target: RepointTarget, by order: BulkOrder, now: Timestamp
  ) throws -> BulkResult<DeliveryID> {
    let found = records(filter).map(\.delivery)
    try order.check(matched: found.count)
    var result = BulkResult<DeliveryID>(matched: found.count)
    for delivery in found {
      guard let row = rowOfDelivery[delivery.id] else { continue }
      var changed = consignments[row]
      let obstacle = changed.repoint(delivery.id, to: target, by: order, now: now)
      result.count(delivery.id, obstacle)
      if obstacle == nil, !order.dryRun { save(changed, at: row) }
    }
    return result
  }

  /// As ``Ledger/reroute(_:plan:by:now:)``.
  package mutating func reroute(
    _ instance: InstanceID, plan: RoutingPlan, by order: BulkOrder, now: Timestamp
  ) -> String? {
    guard let row = rowOfInstance[instance] else { return "not on record" }
    var changed = consignments[row]
    if let obstacle = changed.reroute(plan, by: order, now: now) { return obstacle }
    if !order.dryRun { save(changed, at: row) }
    return nil
  }
}
