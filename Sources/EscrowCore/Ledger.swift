package import DICOM

/// The record of everything: the only place that says where an instance and its deliveries stand.
///
/// Every verb is one transaction: the state changes, the attempt or result, the settlement of the instance, the
/// studies' progress and the outbox events it causes become durable together before the call returns. A guarded
/// change that finds its row elsewhere changes nothing and is no error: somebody else moved it.
///
/// Implementations read no clock; `now` is passed in. They may be called from many tasks at once and put what
/// waits into one transaction.
package protocol Ledger: LedgerReading, WebhookOutbox, JobLedger, ResourceLedger, ModalityLedger, OperationsLedger,
  UnlistedLedger
{
  /// Takes an instance whose bytes are durable in the spool, together with its deliveries and events.
  ///
  /// Applies the rules for a SOP Instance UID that came before (same digest, other digest, damaged, purged) and
  /// for loops. When this returns, the sender may be told success.
  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult

  /// Takes up to `limit` due deliveries of a destination for sending (`claimed`): by priority, study and age; not held,
  /// not behind another, `notBefore` reached. The claim ends at `lease` unless renewed, and at a restart.
  func claim(_ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp) async throws -> ClaimBatch

  /// Sends up to `limit` queued deliveries of a destination that is down to their alternatives instead; what may have
  /// got there is not among them. They wait until that ended, and are `superseded` if it was delivered; what the
  /// alternative cannot stand in for loses it and waits on. Returns how many were changed.
  func replace(at destination: PeerName, limit: Int, now: Timestamp) async throws -> Int

  /// Moves the end of the lease of claims that are still worked on.
  func renew(_ claims: [ClaimKey], lease: MonotonicTime) async throws

  /// Puts deliveries whose lease has ended back into the queue (`claimExpired`); returns how many.
  func expireClaims(at moment: MonotonicTime, now: Timestamp) async throws -> Int

  /// The wall clock was put back by `step`: whatever waits for a time after `now`, be it a delivery, a job or a webhook,
  /// waits for one that is so much earlier. In steps that let others write between them.
  func putBackWaits(by step: Duration, now: Timestamp) async throws

  /// Records how attempts ended. An outcome counts only while (delivery, attempt) is still the current claim.
  func record(_ outcomes: [AttemptOutcome], now: Timestamp) async throws

  /// Opens one transaction for the deliveries of one study at `destination` that are due to be asked for
  /// (`commitmentOpened`), and makes it durable before N-ACTION-RQ leaves.
  func openTransaction(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, now: Timestamp
  ) async throws -> TransactionOpening

  /// Opens a transaction on an operator's wish for instances that need not be ours; it proves nothing to the routes.
  ///
  /// - Parameter asking: how it is asked for again, if it is asked for right now; nil leaves that to
  ///   ``nextManualRequest(_:to:policy:givingUp:now:)``.
  func openTransaction(
    _ uid: UID, to destination: PeerName, references: [SOPInstance], asking: CommitmentPolicy?, actor: String,
    now: Timestamp
  ) async throws

  /// What of the operators' wishes is due to be asked for at `destination` now: a transaction that was not asked for
  /// yet, or a further one, named `uid`, for what an earlier one was not told. Those opened before `givingUp` fail.
  func nextManualRequest(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, givingUp: Timestamp, now: Timestamp
  ) async throws -> TransactionOpening

  /// Records how the destination answered the N-ACTION-RQ.
  func recordRequest(_ uid: UID, answer: RequestAnswer, now: Timestamp) async throws

  /// Applies a report, instance by instance, if it is of a transaction opened for one of `reporters`.
  func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult

  /// Makes deliveries whose report is overdue due to be asked for again (`reportOverdue`), and opens or ends the
  /// alarm `commitment.overdue` of each destination in `policies`. Returns how many per destination.
  func expireReports(policies: [PeerName: CommitmentPolicy], now: Timestamp) async throws -> [PeerName: Int]

  /// Records what queries said of deliveries (`found`, `notFound`, `missingAfterQueries`, `contradicted…`), and opens or
  /// ends the alarm `query.refused`. Returns how many are to be sent again.
  func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int

  /// Opens or ends the alarm `query.overdue` of each destination in `policies`.
  func reviewQueries(policies: [PeerName: QueryPolicy], now: Timestamp) async throws

  /// Runs the purge guard: moves settled instances for which it holds to `purging`, none while the alarm `clock.jumped`
  /// is open. What was found by query too long ago is to be asked for again instead. Returns these and, first, what was
  /// being purged before and is not finished, at most `limit` together.
  func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket]

  /// The files are unlinked and their directories synced: `purging` becomes `purged` or `discarded`.
  func finishPurge(_ instances: [InstanceID], now: Timestamp) async throws

  /// `file` is missing, short or its digest differs: if it is still the instance's, that is `damaged`, its queued and
  /// sending deliveries fail as `damaged`, those sent or requested go on being asked.
  func markDamaged(_ instance: InstanceID, file: InstanceID, reason: String, now: Timestamp) async throws

  /// A row whose file is gone at recovery: purged when everything is delivered, else as ``markDamaged(_:file:reason:now:)``.
  func recordMissingFile(_ instance: InstanceID, reason: String, now: Timestamp) async throws

  /// Takes the next step in forgetting what is on record of copies that are gone, if `term` is over and nothing is open
  /// about them: looks at up to some `limit` rows, and nothing while the alarm `clock.jumped` is open. What goes of a
  /// study is added to its ``StudySummary`` in the same transaction.
  func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) async throws -> ForgettingStep

  /// Does what an operator wishes to the deliveries that match now; what cannot be done to one is no error but told
  /// with its reason. Throws ``LedgerError/unexpectedCount(matched:expected:)``, with nothing changed, when another
  /// number matches than the order expects.
  func change(
    _ filter: DeliveryFilter, _ verb: DeliveryVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID>

  /// Does what an operator wishes to the instances that match now, as for deliveries.
  func change(
    _ filter: InstanceFilter, _ verb: InstanceVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<InstanceID>

  /// Adds what `plan`, the routes' answer for an instance now, wants and did not want before. Returns why nothing was
  /// added, if nothing was.
  func reroute(_ instance: InstanceID, plan: RoutingPlan, by order: BulkOrder, now: Timestamp) async throws -> String?

  /// Ends studies' quiet times (`study.received`) and tells what whole waves have reached since the last call.
  /// Returns when the next quiet time ends.
  func advanceStudies(quiet: Duration, now: Timestamp) async throws -> Timestamp?

  /// Opens an alarm, or updates the text of the open one of that kind and subject. A new one sends its event.
  func raise(_ alarm: Alarm, event: EscrowEvent?) async throws

  /// Ends an alarm, if it is open. `event` is sent only if it was.
  func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) async throws

  /// Records an event that no change of state causes, e.g. `association.rejected`.
  func tell(_ event: EscrowEvent) async throws

  /// At start, before any listener opens: every lease of the dead process ends. Returns the instances that were
  /// being purged, whose unlinking must be finished first.
  func recover(now: Timestamp) async throws -> [PurgeTicket]
}

/// A ledger's queries. They see only what is durable.
package protocol LedgerReading: Sendable {
  func status() async throws -> LedgerStatus
  func instance(_ id: InstanceID) async throws -> Instance?
  /// Instances in the order of their admission.
  func instances(_ filter: InstanceFilter, page: PageRequest) async throws -> Page<InstanceRecord>
  /// Instances in the order of their ids, which begin with the time of receipt, after `id`.
  func instances(after id: InstanceID, limit: Int) async throws -> [InstanceRecord]
  /// Deliveries in the order of their admission.
  func deliveries(_ filter: DeliveryFilter, page: PageRequest) async throws -> Page<DeliveryRecord>
  func count(_ filter: DeliveryFilter) async throws -> Int
  /// Everything on record about a SOP Instance UID or a Study Instance UID.
  func trace(_ uid: UID) async throws -> Trace
  /// What is due to be asked for by query at a destination, the longest due first, at most `limit`.
  func queriesDue(
    at destination: PeerName, policy: QueryPolicy, limit: Int, now: Timestamp
  ) async throws -> QueryTurn
  /// Transactions, the latest opened first.
  func transactions(_ filter: TransactionFilter, page: PageRequest) async throws -> Page<TransactionRecord>
  func transaction(_ uid: UID) async throws -> TransactionRecord?
  /// What a transaction asks for, each with what was reported of it; nil when there is no such transaction.
  func items(ofTransaction uid: UID) async throws -> [TransactionItem]?
  /// What is wrong, the oldest first: of each of the `kinds` at most `limit` alarms, by subject. Of some kinds there may
  /// be as many as instances.
  func alarms(of kinds: Set<AlarmKind>, limit: Int) async throws -> [Alarm]
  func events(after sequence: Int64, limit: Int) async throws -> [RecordedEvent]
  /// The sequence of the latest event; 0 when there is none.
  func lastEvent() async throws -> Int64
  func endpoints() async throws -> [EndpointStatus]
  /// What an endpoint was or is to be told, the newest first.
  func webhookLog(_ endpoint: String, page: PageRequest) async throws -> Page<WebhookLogEntry>
  /// What every peer sent, by its name; what came from nobody that is a peer is left out.
  func sources() async throws -> [SourceRecord]
  /// Destinations that have deliveries not yet ended, to wake their queues at start.
  func openDestinations() async throws -> Set<PeerName>
  /// The instances whose file may be in the spool (all but the purged and discarded), in order of their file's name,
  /// after `file`. Of those being purged, and of damaged ones, it may be missing.
  ///
  /// - Parameter ending: only files whose names end so; empty for all.
  func files(after file: InstanceID?, ending: String, limit: Int) async throws -> [ExpectedFile]
}

extension LedgerReading {
  /// As ``files(after:ending:limit:)``, whatever the names end in.
  package func files(after file: InstanceID?, limit: Int) async throws -> [ExpectedFile] {
    try await files(after: file, ending: "", limit: limit)
  }

  /// All alarms of `kinds` of which there are few.
  package func alarms(of kinds: Set<AlarmKind>) async throws -> [Alarm] { try await alarms(of: kinds, limit: .max) }

  /// Whatever is wrong.
  package func alarms() async throws -> [Alarm] { try await alarms(of: Set(AlarmKind.allCases)) }
}
