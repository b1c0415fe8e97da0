import DICOM
import EscrowCore
import EscrowTesting

/// What is claimed is not what is on record.
struct AlteredClaims: ForwardingLedger {
  let ledger: any Ledger
  let alter: @Sendable (inout Claim) -> Void

  func claim(_ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp) async throws -> ClaimBatch {
    var batch = try await ledger.claim(destination, limit: limit, lease: lease, now: now)
    for index in batch.claims.indices { alter(&batch.claims[index]) }
    return batch
  }
}

/// What goes on record is not what happened.
struct AlteredOutcomes: ForwardingLedger {
  let ledger: any Ledger
  let alter: @Sendable (inout AttemptOutcome) -> Void

  func record(_ outcomes: [AttemptOutcome], now: Timestamp) async throws {
    var altered = outcomes
    for index in altered.indices { alter(&altered[index]) }
    try await ledger.record(altered, now: now)
  }
}

/// What was queried is not what was answered.
struct AlteredFindings: ForwardingLedger {
  let ledger: any Ledger
  let alter: @Sendable (QueryResult.Answer) -> QueryResult.Answer

  func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int {
    var altered = results
    for index in altered.indices { altered[index].answer = alter(altered[index].answer) }
    return try await ledger.recordQueries(altered, at: destination, policy: policy, now: now)
  }
}

struct LastingFindings: ForwardingLedger {
  let ledger: any Ledger

  func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int {
    var lasting = policy
    lasting.recheck = nil
    return try await ledger.recordQueries(results, at: destination, policy: lasting, now: now)
  }
}

struct HastyReplacements: ForwardingLedger {
  let ledger: any Ledger

  func replace(at destination: PeerName, limit: Int, now: Timestamp) async throws -> Int {
    let replaced = try await ledger.replace(at: destination, limit: limit, now: now)
    var waiting = DeliveryFilter(states: [.queued], destinations: [destination])
    waiting.reason = "gets it instead"
    _ = try await ledger.change(waiting, .giveUp, by: BulkOrder(actor: "nobody"), now: now)
    return replaced
  }
}

struct AcceptedEdits: ForwardingLedger {
  let ledger: any Ledger

  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    var accepted = admission
    for index in accepted.plan.deliveries.indices {
      accepted.plan.deliveries[index].terms.acceptEdited = !accepted.plan.deliveries[index].terms.edits.isEmpty
    }
    return try await ledger.admit(accepted, now: now)
  }
}

extension SOPInstance {
  /// One that only it has.
  var ofAnotherClass: SOPInstance {
    SOPInstance(classUID: UID("\(instanceUID).1"), instanceUID: instanceUID)
  }
}
