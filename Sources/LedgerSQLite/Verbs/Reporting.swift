import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  /// References of a report from which on it has a transaction of its own.
  private static let largeReport = 500

  package func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult {
    let isLarge = report.committed.count + report.failed.count > Self.largeReport
    return try await writer.perform(alone: isLarge) { transaction in
      guard let asked = try CommitmentRow.find(report.transactionUID, in: transaction.db) else {
        return .unknownTransaction
      }
      let destination = asked.record.destination
      guard reporters.contains(destination) else { return .wrongReporter(destination) }
      let policy = policies[destination] ?? CommitmentPolicy()
      let application = ReportApplication(
        transaction: transaction, asked: asked, report: report, policy: policy, now: now)
      return .applied(try application.run())
    }
  }

  package func expireReports(
    policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> [PeerName: Int] {
    let longest = policies.values.map(Waiting.longest(asking:)).max() ?? Waiting.longest
    var expired: [PeerName: Int] = [:]
    while true {
      let chunk = try await writer.perform { try $0.expireReports(now: now, longest: longest) }
      for destination in chunk { expired[destination, default: 0] += 1 }
      if chunk.isEmpty { break }
    }
    try await writer.perform { transaction in
      for (destination, policy) in policies.sorted(by: { $0.key < $1.key }) {
        try transaction.reviewOverdue(destination, policy: policy, now: now)
      }
    }
    return expired
  }
}

/// The queries that find reports that did not come.
enum OverdueReports {
  private static let requested = "SELECT id FROM delivery INDEXED BY delivery_requested WHERE state = 'requested'"

  /// Up to 500 whose wait is over: ?1 now, ?2 now and the longest wait.
  static let due = """
    SELECT * FROM (\(requested) AND not_before <= ?1 ORDER BY not_before, id LIMIT 500)
    UNION ALL SELECT * FROM (\(requested) AND not_before > ?2 ORDER BY not_before, id LIMIT 500)
    """

  static let expire = """
    UPDATE delivery SET state = '\(DeliveryLifecycle.target(of: .reportOverdue).rawValue)', not_before = ?1
    WHERE id IN (\(due)) AND state IN (\(Schema.list(DeliveryLifecycle.sources(of: .reportOverdue))))
    RETURNING destination
    """

  /// Since when the destination owes its oldest report, or, for the other proof, its oldest find.
  static let oldest = """
    SELECT min(first_asked_at) FROM delivery INDEXED BY delivery_asked_for
    WHERE destination = ? AND proof = ? AND state IN ('sent', 'requested') AND first_asked_at IS NOT NULL
    """
}

extension WriteTransaction {
  fileprivate func expireReports(now: Timestamp, longest: Duration) throws -> [PeerName] {
    try db.rows(OverdueReports.expire, now.microseconds, (now + longest).microseconds) { try $0.raw() }
  }

  /// Opens the alarm when the oldest report is owed for too long, else ends it.
  func reviewOverdue(_ destination: PeerName, policy: CommitmentPolicy, now: Timestamp) throws {
    let oldest = try db.number(OverdueReports.oldest, destination.rawValue, Proof.commitment.rawValue)
      .map(Timestamp.init(microseconds:))
    if let oldest, oldest + policy.alarmAfter <= now {
      try raise(
        .overdue(destination, since: oldest, at: now), event: .overdue(destination, since: oldest, at: now))
    } else {
      try clear(.commitmentOverdue, subject: destination.rawValue, event: nil)
    }
  }
}
