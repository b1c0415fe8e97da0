package import EscrowCore

/// The verbs and queries of ``OperationsLedger``, which says what they mean.
extension MemoryLedger {
  package func begin(_ hold: LegalHold) async throws -> Int? { try perform { $0.begin(hold) } }

  package func endLegalHold(
    _ subject: LegalHold.Subject, by order: BulkOrder, now: Timestamp
  ) async throws -> Int? {
    try perform { try $0.endLegalHold(subject, by: order, now: now) }
  }

  package func legalHolds() async throws -> [LegalHoldRecord] { read { $0.legalHoldRecords } }

  package func repoint(
    _ filter: DeliveryFilter, to target: RepointTarget, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID> {
    try perform { try $0.repoint(filter, to: target, by: order, now: now) }
  }

  package func openProofs(at destination: PeerName) async throws -> Set<Proof> {
    read { record in
      let filter = DeliveryFilter(states: [.queued, .failed], destinations: [destination])
      return Set(record.records(filter).map(\.delivery).filter { $0.origin == .route }.map(\.proof))
    }
  }

  package func waiting(for destination: PeerName, limit: Int) async throws -> WaitingStudies {
    read { record in
      var waiting = WaitingStudies()
      for state in WaitingStudies.states {
        let found = record.records(DeliveryFilter(states: [state], destinations: [destination]))
        for one in found.prefix(limit) { waiting.add(one) }
        if found.count > limit { waiting.isComplete = false }
      }
      return waiting
    }
  }

  package func tallies(from start: Timestamp, to end: Timestamp, of peer: PeerName?) async throws -> [SourceTally] {
    read { $0.tallies(from: start, to: end, of: peer) }
  }

  package func missing(
    askedFrom start: Timestamp, to end: Timestamp, by peer: PeerName?, limit: Int
  ) async throws -> [MissingInstance] {
    read { $0.missing(askedFrom: start, to: end, by: peer, limit: limit) }
  }

  package func space(studies limit: Int, examining examined: Int) async throws -> SpaceOverview {
    read { $0.space(studies: limit, examining: examined) }
  }
}
