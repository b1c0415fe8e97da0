import DICOM
import EscrowConfiguration
package import EscrowCore
import EscrowSpool

/// What an operator changes by hand: deliveries and instances by filter, each change with its reason on record.
package struct OperatorChanges: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// Does `verb` to the deliveries that match now, and wakes whoever has something to do with it.
  package func change(
    _ filter: DeliveryFilter, _ verb: DeliveryVerb, by order: BulkOrder
  ) async throws -> BulkResult<DeliveryID> {
    // Also after an error: what was changed before it is durable.
    defer { wake(order) }
    // What is released is to be offered again, also when its destination refused its class before.
    if !order.dryRun, [.release, .retry].contains(verb) { forgetClassHolds() }
    if !order.dryRun, verb == .retry { tryNow(filter.destinations) }
    return try await context.ledger.change(filter, verb, by: order, now: context.clock.now())
  }

  /// Does `verb` to the instances that match now.
  package func change(
    _ filter: InstanceFilter, _ verb: InstanceVerb, by order: BulkOrder
  ) async throws -> BulkResult<InstanceID> {
    defer { wake(order) }
    return try await context.ledger.change(filter, verb, by: order, now: context.clock.now())
  }

  /// Asks the routes in force again about the instances that match now, and adds what they want besides what is on
  /// record.
  package func reroute(_ filter: InstanceFilter, by order: BulkOrder) async throws -> BulkResult<InstanceID> {
    let instances = try await matching(filter)
    try order.check(matched: instances.count)
    var result = BulkResult<InstanceID>(matched: instances.count)
    defer { wake(order) }
    for id in instances { result.count(id, try await reroute(id, by: order)) }
    return result
  }

  /// Ends the stop of purging after a jump of the clock; false when nothing was stopped.
  package func resumePurging(by order: BulkOrder) async throws -> Bool {
    guard try await !context.ledger.alarms(of: [.clockJumped]).isEmpty else { return false }
    if !order.dryRun {
      try await ClockGuard.end(in: context, actor: order.actor, reason: order.reason)
      context.wakeFollowers()
    }
    return true
  }

  /// What is to be tried again is not to wait for a destination that was down a while ago.
  private func tryNow(_ names: Set<PeerName>?) {
    let moment = context.clock.monotonic()
    for destination in context.destinations.all where names?.contains(destination.name) ?? true {
      destination.hurry(moment: moment)
    }
  }

  private func forgetClassHolds() {
    for destination in context.destinations.all { destination.classHolds.forget() }
  }

  /// Ends a legal hold; returns how many copies no hold keeps any more, or nil when there is none.
  package func endLegalHold(_ subject: LegalHold.Subject, by order: BulkOrder) async throws -> Int? {
    defer { wake(order) }
    return try await context.ledger.endLegalHold(subject, by: order, now: context.clock.now())
  }

  private func wake(_ order: BulkOrder) {
    guard !order.dryRun else { return }
    context.wakeDestinations()
    context.wakeFollowers()
  }

  // MARK: Rerouting

  private func matching(_ filter: InstanceFilter) async throws -> [InstanceID] {
    var found: [InstanceID] = []
    var page = PageRequest(limit: 1000)
    repeat {
      let part = try await context.ledger.instances(filter, page: page)
      found += part.items.map(\.instance.id)
      page.cursor = part.next
    } while page.cursor != nil
    return found
  }

  private func reroute(_ id: InstanceID, by order: BulkOrder) async throws -> String? {
    guard let instance = try await context.ledger.instance(id) else { return "not on record" }
    guard instance.state.hasFile else { return "the instance is \(instance.state)" }
    let rules = context.rules
    let input: RoutingInput
    do {
      input = try await context.pool.runIfActive { try StoredInstance(instance, in: context).routingInput(by: rules) }
    } catch let error as SpoolError {
      return "its file cannot be read: \(error)"
    }
    return try await context.ledger.reroute(
      id, plan: rules.settings.routes.plan(for: input), by: order, now: context.clock.now())
  }
}
