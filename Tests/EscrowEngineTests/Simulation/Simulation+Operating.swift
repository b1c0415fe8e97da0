import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

extension Simulation {
  /// An operator does something, right or wrong, to what is on record.
  func operate() async throws {
    guard let process else { return }
    let operations = OperatorChanges(context: process.context)
    let order = BulkOrder(actor: "admin", reason: "by chance")
    let row = one(of: Oracle.rows(of: process.memory.snapshot))
    switch below(10) {
    case 0..<3: _ = try await operations.change(DeliveryFilter(states: [.failed]), .retry, by: order)
    case 3:
      // Whoever confirms a clock that is wrong has his word for it.
      oracle.clockJumped(by: unconfirmedJumps)
      unconfirmedJumps = .zero
      _ = try await operations.resumePurging(by: order)
    case 4:
      guard let row, chance(30) else { return }
      journal.note("the operator discards \(row.instance.id)")
      oracle.wished(toDiscard: row.instance.id)
      _ = try await operations.change(InstanceFilter(ids: [row.instance.id]), .discard, by: order)
    case 5:
      guard let row, row.instance.conflicted else { return }
      journal.note("the operator resolves \(row.instance.id)")
      oracle.wished(toResolve: row.instance.id)
      _ = try await operations.change(InstanceFilter(ids: [row.instance.id]), .resolve, by: order)
    case 6: _ = try await operations.reroute(InstanceFilter(states: [.held]), by: order)
    default: try await operate(onOneOf: row?.deliveries ?? [], operations, by: order)
    }
  }

  private func operate(onOneOf deliveries: [Delivery], _ operations: OperatorChanges, by order: BulkOrder) async throws
  {
    guard let delivery = one(of: deliveries), let verb = one(of: DeliveryVerb.allCases) else { return }
    if [.waive, .giveUp].contains(verb) { oracle.wished(toWaive: delivery.id) }
    journal.note("the operator wants \(verb) of \(delivery.id)")
    _ = try await operations.change(DeliveryFilter(ids: [delivery.id]), verb, by: order)
  }

  /// Whatever an operator has stopped goes on.
  func releaseAll() async throws {
    guard let process else { return }
    _ = try await OperatorChanges(context: process.context).change(
      DeliveryFilter(), .release, by: BulkOrder(actor: "admin"))
  }
}
