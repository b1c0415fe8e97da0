package import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func dueJobs(_ stage: JobStage, of peer: PeerName?, limit: Int, now: Timestamp) async throws -> [Job] {
    try await pool.read { db in
      let found =
        if let peer {
          try db.rows(
            JobStatement.dueOfPeer, stage.rawValue, peer.rawValue, now.microseconds, limit, read: JobRow.read)
        } else {
          try db.rows(JobStatement.due, stage.rawValue, now.microseconds, limit, read: JobRow.read)
        }
      return found.map(\.job)
    }
  }

  package func duePeers(_ stage: JobStage, now: Timestamp) async throws -> Set<PeerName> {
    try await pool.read { db in
      Set(try db.rows(JobStatement.duePeers, stage.rawValue, now.microseconds) { try $0.raw() })
    }
  }

  package func nextDueJob(_ stages: Set<JobStage>) async throws -> Timestamp? {
    try await pool.read { db in
      try stages.compactMap { try db.number(JobStatement.next, $0.rawValue) }.min()
    }.map { Timestamp(microseconds: $0) }
  }

  package func job(_ id: JobID) async throws -> Job? {
    try await pool.read { try JobRow.findListed(id, in: $0)?.job }
  }

  package func jobs(_ filter: JobFilter, page: PageRequest) async throws -> Page<Job> {
    let position = try page.position() ?? .max
    let found = try await pool.read { db in
      try db.rows(
        JobStatement.listed(filter.kinds ?? Set(JobKind.allCases), filter.states ?? Set(JobState.allCases)),
        position, page.limit + 1, read: JobRow.read)
    }
    return Page(found, limit: page.limit, position: \.number) { $0.job }
  }

  package func inquiry(_ job: JobID) async throws -> InquiryRecord? {
    try await pool.read { try InquiryRow.find(job, in: $0)?.record }
  }

  package func openReferences(_ job: JobID, from position: Int, limit: Int) async throws -> [OpenReference] {
    try await pool.read { db in
      guard let found = try InquiryRow.find(job, in: db) else { return [] }
      let record = found.record
      return try db.rows(InquiredStatement.undecided, found.number, position, limit, read: InquiredStatement.read)
        .map { reference in
          let known = try db.consignments(sopInstanceUID: reference.sop.instanceUID).map(\.original)
          let subject = Vouching.of(reference.sop, among: known, for: record.job.peer, by: record.terms).subject
          return OpenReference(
            position: reference.position, sop: reference.sop, instance: subject?.instance.id,
            isProved: subject?.isProved(by: record.terms) ?? false)
        }
    }
  }

  package func inquired(_ uid: UID) async throws -> [InquiredItem] {
    try await pool.read { db in
      try db.rows(
        """
        SELECT j.uuid, q.uid, r.sop_class, r.sop_instance, q.calling_ae, j.created_at, r.reason, q.reported_at
        FROM inquired r CROSS JOIN inquiry q ON q.job = r.job CROSS JOIN job j ON j.number = r.job
        WHERE r.sop_instance = ? ORDER BY r.job, r.position
        """,
        uid.rawValue
      ) { columns in
        let (job, transactionUID): (JobID, UID) = (try columns.raw(), try columns.raw())
        let sop = try columns.sop()
        let (askedBy, askedAt): (AETitle, Timestamp) = (try columns.raw(), columns.time())
        let reason: UInt16? = columns.optional()
        return InquiredItem(
          job: job, transactionUID: transactionUID, sop: sop, askedBy: askedBy, askedAt: askedAt,
          committed: reason.map { $0 == 0 }, reasonCode: reason == 0 ? nil : reason,
          reportedAt: columns.optionalTime())
      }
    }
  }
}

/// The queries that find jobs with something to do.
enum JobStatement {
  private static let isDue = "j.next_at IS NOT NULL AND j.state IN ('Pending', 'Running', 'Retry') AND j.next_at <="

  static let due = """
    SELECT \(JobRow.columns) FROM job j INDEXED BY job_due WHERE j.stage = ? AND \(isDue) ?
    ORDER BY j.priority DESC, j.number LIMIT ?
    """

  static let dueOfPeer = """
    SELECT \(JobRow.columns) FROM job j INDEXED BY job_due_of_peer WHERE j.stage = ? AND j.peer = ? AND \(isDue) ?
    ORDER BY j.priority DESC, j.number LIMIT ?
    """

  static func listed(_ kinds: Set<JobKind>, _ states: Set<JobState>) -> String {
    """
    SELECT \(JobRow.columns) FROM job j INDEXED BY job_listed WHERE j.deleted = 0 AND j.number < ?
      AND j.kind IN (\(Schema.list(kinds))) AND j.state IN (\(Schema.list(states))) ORDER BY j.number DESC LIMIT ?
    """
  }

  /// All that is to be told to a peer, however little of it fits into one try.
  static let dueReports = """
    SELECT \(JobRow.columns) FROM job j INDEXED BY job_due_of_peer WHERE j.stage = ? AND j.peer = ? AND \(isDue) ?
    """

  /// How many jobs of a kind and a peer have not ended, counted up to a limit.
  static let open = """
    SELECT count(*) FROM (SELECT 1 FROM job INDEXED BY job_open WHERE kind = ? AND peer = ?
      AND state IN ('Pending', 'Running', 'Retry', 'Paused') LIMIT ?)
    """

  static let duePeers = """
    SELECT DISTINCT j.peer FROM job j INDEXED BY job_due WHERE j.stage = ? AND \(isDue) ?
    """

  static let next = """
    SELECT min(next_at) FROM job INDEXED BY job_due
    WHERE stage = ? AND next_at IS NOT NULL AND state IN ('Pending', 'Running', 'Retry')
    """
}
