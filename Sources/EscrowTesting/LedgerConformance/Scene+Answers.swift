import DICOM
import EscrowCore

extension Scene {
  /// The kinds of events since `sequence`, in order, without the receptions.
  func events(after sequence: Int64 = 0) async throws -> [EventKind] {
    try await ledger.events(after: sequence, limit: 10_000).map(\.event.kind).filter { $0 != .instanceReceived }
  }

  func lastEvent(file: StaticString = #fileID, line: UInt = #line) async throws -> EscrowEvent {
    try require(try await ledger.events(after: 0, limit: 10_000).last?.event, file: file, line: line)
  }

  func alarms() async throws -> [AlarmKind] { try await ledger.alarms().map(\.kind) }

  func attempts(_ number: Int) async throws -> [String] {
    try await ledger.trace(SOPInstance.number(number).instanceUID).attempts.map(\.result)
  }

  /// The numbers of the instances that may be purged now.
  func purge(limit: Int = 100, at seconds: Int) async throws -> [Int] {
    try await ledger.beginPurge(limit: limit, now: .at(seconds)).map(\.instance.number)
  }

  func damage(_ number: Int, file: Int? = nil, at seconds: Int) async throws {
    try await ledger.markDamaged(
      .number(number), file: .number(file ?? number), reason: "digest differs", now: .at(seconds))
  }

  func requeue(
    _ filter: DeliveryFilter = DeliveryFilter(), at seconds: Int
  ) async throws -> BulkResult<DeliveryID> {
    try await change(.retry, filter, at: seconds)
  }

  @discardableResult
  func change(
    _ verb: DeliveryVerb, _ filter: DeliveryFilter = DeliveryFilter(), expect: Int? = nil, dryRun: Bool = false,
    at seconds: Int
  ) async throws -> BulkResult<DeliveryID> {
    let order = BulkOrder(actor: "admin", reason: "because", expect: expect, dryRun: dryRun)
    return try await ledger.change(filter, verb, by: order, now: .at(seconds))
  }

  @discardableResult
  func change(
    _ verb: InstanceVerb, _ filter: InstanceFilter = InstanceFilter(), expect: Int? = nil, dryRun: Bool = false,
    at seconds: Int
  ) async throws -> BulkResult<InstanceID> {
    let order = BulkOrder(actor: "admin", reason: "because", expect: expect, dryRun: dryRun)
    return try await ledger.change(filter, verb, by: order, now: .at(seconds))
  }

  func reroute(
    _ number: Int, to planned: [PlannedDelivery], dryRun: Bool = false, at seconds: Int
  ) async throws -> String? {
    let plan = RoutingPlan(
      deliveries: planned, hold: planned.isEmpty ? "no route took it" : nil, retention: .after(.seconds(1000)))
    let order = BulkOrder(actor: "admin", reason: "because", dryRun: dryRun)
    return try await ledger.reroute(.number(number), plan: plan, by: order, now: .at(seconds))
  }
}

extension Timestamp {
  /// Seconds after the beginning of each case.
  static func at(_ seconds: Int) -> Timestamp { Timestamp(microseconds: 1_800_000_000_000_000) + .seconds(seconds) }
}

extension InstanceID {
  static func number(_ number: Int) -> InstanceID {
    let digits = String(number)
    return InstanceID(
      rawValue: "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)
  }

  var number: Int { Int(rawValue.suffix(12)) ?? -1 }
}

extension SOPInstance {
  static func number(_ number: Int) -> SOPInstance {
    SOPInstance(classUID: Scene.ct, instanceUID: UID("1.2.826.9.\(number)"))
  }
}

extension UID {
  static func transaction(_ number: Int) -> UID { UID("2.25.\(number)") }
}

extension PlannedDelivery {
  static func commitment(_ destination: PeerName, priority: Priority = .medium) -> PlannedDelivery {
    PlannedDelivery(to: destination, proof: .commitment, priority: priority, routes: ["r"])
  }

  static func response(_ destination: PeerName, priority: Priority = .medium) -> PlannedDelivery {
    PlannedDelivery(to: destination, proof: .response, priority: priority, routes: ["r"])
  }

  static func api(_ destination: PeerName) -> PlannedDelivery {
    PlannedDelivery(to: destination, proof: .response, origin: .api)
  }
}

extension CommitmentTransaction {
  /// The numbers of the instances that it asks for.
  var numbers: [Int] { references.map { Int($0.instanceUID.rawValue.split(separator: ".").last ?? "") ?? -1 } }
}

extension TransactionOpening {
  /// The numbers of the instances asked for; empty when nothing was due.
  var numbers: [Int] { if case .opened(let opened) = self { opened.numbers } else { [] } }
}
