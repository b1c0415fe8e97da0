/// The part of a ledger that operators work with: legal holds, and what waits for whom.
package protocol OperationsLedger: Sendable {
  /// Begins a legal hold; returns how many copies it keeps now, or nil when there is one of this subject already.
  func begin(_ hold: LegalHold) async throws -> Int?

  /// Ends a legal hold; returns how many copies no hold keeps any more, or nil when there is none of this subject.
  func endLegalHold(_ subject: LegalHold.Subject, by order: BulkOrder, now: Timestamp) async throws -> Int?

  /// In the order in which they began.
  func legalHolds() async throws -> [LegalHoldRecord]

  /// Sends to another destination what the deliveries that match now were to send, one instance after the other.
  func repoint(
    _ filter: DeliveryFilter, to target: RepointTarget, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID>

  /// The proofs that queued and failed deliveries of routes to a destination want.
  func openProofs(at destination: PeerName) async throws -> Set<Proof>

  /// What waits for a destination, by study: of each state the first `limit` deliveries are looked at.
  func waiting(for destination: PeerName, limit: Int) async throws -> WaitingStudies

  /// What came from each source from `start` until before `end`, and where it stands now.
  func tallies(from start: Timestamp, to end: Timestamp, of peer: PeerName?) async throws -> [SourceTally]

  /// What peers asked about in commitment requests of that time and never sent, at most `limit`.
  func missing(
    askedFrom start: Timestamp, to end: Timestamp, by peer: PeerName?, limit: Int
  ) async throws -> [MissingInstance]

  /// What takes room: `limit` studies of each kind; of each kind of decision at most `examined` rows are looked at, the
  /// same share of them for each destination.
  func space(studies limit: Int, examining examined: Int) async throws -> SpaceOverview
}
