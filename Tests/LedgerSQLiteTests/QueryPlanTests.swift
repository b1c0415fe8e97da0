import EscrowCore
import EscrowTesting
import GRDB
import Testing

@testable import LedgerSQLite

/// No statement that runs all the time reads a whole table.
@Suite struct QueryPlanTests {
  static let statements: [(name: String, sql: String)] =
    [
      ("claim candidates", DueDeliveries.candidates), ("claim", DueDeliveries.claim), ("next", DueDeliveries.next),
      ("replaceable", DueDeliveries.replaceable),
      ("claims of others", ExpiredClaim.ofOthers), ("late claims", ExpiredClaim.late),
      ("purge candidates", PurgeStatement.candidates), ("purge", PurgeStatement.begin),
      ("begun purges", PurgeStatement.begun), ("first sent", DueAsks.firstSent), ("quietest", DueAsks.quietest),
      ("has fresh", DueAsks.hasFresh), ("first again", DueAsks.firstAgain), ("last again", DueAsks.lastAgain),
      ("fresh", DueAsks.ofFresh), ("again", DueAsks.ofAgain), ("beyond", DueAsks.ofBeyond),
      ("overdue reports", OverdueReports.due), ("expire reports", OverdueReports.expire),
      ("oldest report", OverdueReports.oldest), ("due webhooks", OutboxRow.due), ("next webhook", OutboxRow.next),
      ("dead letters", OutboxRow.dead), ("replay", OutboxRow.replay), ("files", FileStatement.files),
      ("instances in a state", InstanceSearch.inState), ("instances by receipt", InstanceSearch.received),
      ("deliveries in a queue", DeliverySearch.queue),
      ("quiet waves", WaveStatement.quiet), ("waves ahead", WaveStatement.ahead),
      ("changed waves", WaveStatement.changed), ("first open wave", WaveStatement.firstOpen),
      ("due jobs", JobStatement.due), ("due jobs of a peer", JobStatement.dueOfPeer),
      ("due peers", JobStatement.duePeers), ("next job", JobStatement.next), ("jobs open", JobStatement.open),
      ("due reports", JobStatement.dueReports), ("own request", InquiredStatement.ownRequest),
      ("touched references", InquiredStatement.touched), ("undecided references", InquiredStatement.undecided),
      ("next unread", InquiredStatement.nextUnread), ("decide", InquiredStatement.decide),
      ("references of an answer", InquiredStatement.all), ("instances to queue", StoreRow.waiting),
      ("ended stores", StoreRow.ended), ("open stores", StoreRow.open), ("queued", StoreRow.queued),
      ("count a store", StoreRow.count), ("undecided questions", RemovalStatement.undecided),
      ("wanted by a job", RemovalStatement.wanted), ("proved", RemovalStatement.proved),
      ("next manual request", ManualRequests.next), ("open manual items", ManualRequests.open),
      ("routed to a name", ModalityStatement.routed), ("due queries", DueQueries.due),
      ("next fresh query", DueQueries.nextFresh), ("next query again", DueQueries.nextAgain),
      ("stale finds", PurgeStatement.stale),
      ("a study's copies", LegalHoldStatement.keptOfStudy), ("a patient's copies", LegalHoldStatement.keptOfPatient),
      ("hold a study", LegalHoldStatement.holdStudy), ("hold a patient", LegalHoldStatement.holdPatient),
      ("a study's freed", LegalHoldStatement.freedOfStudy), ("a patient's freed", LegalHoldStatement.freedOfPatient),
      ("is held", LegalHoldStatement.covering),
      ("reasons", "SELECT \(InstanceRow.columns) FROM instance i WHERE i.id = ?"),
      ("tallies", ReconciliationStatement.tallies), ("missing", ReconciliationStatement.missing),
      ("largest studies", SpaceStatement.largest), ("oldest", SpaceStatement.oldest),
      ("kept of a study", SpaceStatement.kept), ("retained", SpaceStatement.retained),
      ("pinned", SpaceStatement.pinned), ("to be waived", SpaceStatement.waived),
      ("stopped", DueDeliveries.stopped), ("waiting", WaitingStatement.studies),
      ("open proofs", WaitingStatement.wanted),
      ("waiting count", WaitingStatement.count), ("held by", HeldStatement.ofDestination),
      ("first delivery", OverviewStatement.firstDelivery), ("its receipt", OverviewStatement.receivedAt),
      ("events", OverviewStatement.events), ("webhooks log", OverviewStatement.webhookLog),
      ("traced instances", TraceStatement.instances), ("attempts", TraceStatement.attempts),
      ("items", TraceStatement.items), ("manual items", TraceStatement.manualItems),
      ("events of an instance", TraceStatement.eventsOfInstance), ("other events", TraceStatement.otherEvents),
      ("events of a study", TraceStatement.eventsOfStudy),
      ("transactions", TransactionSearch.queue(TransactionSearch.ofState)),
      ("transactions of a destination", TransactionSearch.queue(TransactionSearch.ofDestination)),
      ("jobs", JobStatement.listed(Set(JobKind.allCases), Set(JobState.allCases))),
      ("forget unlisted senders", UnlistedStatement.expire), ("of an address", UnlistedStatement.trimAddress),
      ("old jobs", ForgettingStatement.jobs), ("old transactions", ForgettingStatement.transactions),
      ("further transactions", ForgettingStatement.furtherOnes), ("old instances", ForgettingStatement.instances),
      ("unread", ForgettingStatement.unread), ("old events", ForgettingStatement.events),
      ("old summaries", ForgettingStatement.summaries), ("asked for", ForgettingStatement.isAskedFor),
      ("summary", SummaryRow.named),
    ] + ForgettingStatement.partsOfJob.enumerated().map { ("part \($0.offset) of a job", $0.element) }

  @Test func noHotStatementScansATable() async throws {
    try await TemporaryLedger.run { temporary in
      let scans = try await temporary.open().pool.read { db in
        try QueryPlanTests.statements.flatMap { statement in
          try QueryPlan.scans(of: statement.sql, in: db).map { "\(statement.name): \($0)" }
        }
      }
      #expect(scans == [])
    }
  }

  /// What ran in all cases of the conformance suite is looked at as well, see ``Engine``.
  @Test func whatAVerbRanIsFound() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await ledger.writer.perform { try $0.db.run("UPDATE delivery SET reason = ? WHERE last_error = ?", nil, "") }
      _ = try await ledger.pool.read { try $0.exists("SELECT 1 FROM item WHERE sop_class = ?", "") }
      let scans = try await QueryPlan.scans(in: ledger)
      #expect(scans.count == 2)
    }
  }

  @Test func aFullScanIsFound() async throws {
    try await TemporaryLedger.run { temporary in
      let scans = try await temporary.open().pool.read { db in
        try QueryPlan.scans(of: "SELECT * FROM delivery d WHERE d.last_error = ?", in: db)
          + QueryPlan.scans(of: "SELECT id FROM instance ORDER BY sop_instance", in: db)
          + QueryPlan.scans(of: "SELECT min(last_arrival) FROM wave NOT INDEXED", in: db)
          + QueryPlan.scans(of: "SELECT count(*) FROM instance WHERE study IS NOT NULL", in: db)
      }
      #expect(scans.count == 4)
    }
  }
}
