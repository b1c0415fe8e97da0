import EscrowCore
import EscrowTesting

/// A ledger at whose verbs something else may happen first, or between its answer and whoever waits for it: what several
/// tasks do to each other, in the order that the seed wants.
struct InterruptedLedger: ForwardingLedger {
  let ledger: any Ledger
  let interruption: Interruption

  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    await interruption.happen()
    let result = try await ledger.admit(admission, now: now)
    await interruption.happen()
    return result
  }

  func instance(_ id: InstanceID) async throws -> Instance? {
    let instance = try await ledger.instance(id)
    await interruption.happen()
    return instance
  }

  func claim(_ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp) async throws -> ClaimBatch {
    let batch = try await ledger.claim(destination, limit: limit, lease: lease, now: now)
    await interruption.happen()
    return batch
  }

  func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket] {
    await interruption.happen()
    let tickets = try await ledger.beginPurge(limit: limit, now: now)
    await interruption.happen()
    return tickets
  }

  func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) async throws -> ForgettingStep {
    await interruption.happen()
    return try await ledger.forget(term, from: position, limit: limit)
  }

  func finishPurge(_ instances: [InstanceID], now: Timestamp) async throws {
    await interruption.happen()
    try await ledger.finishPurge(instances, now: now)
  }
}

/// What may happen meanwhile.
///
/// Unchecked, because a simulation is no Sendable: it and everything that it runs belong to one task, which this never
/// leaves.
final class Interruption: @unchecked Sendable {
  private weak var simulation: Simulation?

  init(of simulation: Simulation) { self.simulation = simulation }

  func happen() async { await simulation?.happenMeanwhile() }
}
