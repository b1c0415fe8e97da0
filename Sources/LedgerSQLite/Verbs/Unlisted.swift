import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func recordUnlisted(_ attempts: [UnlistedSender], now: Timestamp) async throws {
    try await writer.perform { transaction in
      for attempt in attempts {
        try UnlistedStatement.add(attempt, in: transaction.db)
        try transaction.db.run(UnlistedStatement.trimAddress, attempt.address, UnlistedSenders.limitPerAddress)
      }
      try transaction.db.run(UnlistedStatement.trim, UnlistedSenders.limit)
      try transaction.db.run(UnlistedStatement.expire, (now - UnlistedSenders.memory).microseconds)
    }
  }

  package func unlistedSenders() async throws -> [UnlistedSender] {
    try await pool.read { db in
      try db.rows(UnlistedStatement.latest, UnlistedSenders.limit, read: UnlistedStatement.read)
    }
  }
}

enum UnlistedStatement {
  private static let columns =
    "calling_ae, address, called_ae, first_at, last_at, attempts, reason, proposed, implementation"
  private static let order = "ORDER BY last_at DESC, address, calling_ae"

  /// The latest ?1.
  static let latest = "SELECT \(columns) FROM unlisted \(order) LIMIT ?1"

  /// Leaves the latest ?2 of the address ?1.
  static let trimAddress = """
    DELETE FROM unlisted WHERE address = ?1 AND calling_ae IN (
      SELECT calling_ae FROM unlisted WHERE address = ?1 \(order) LIMIT -1 OFFSET ?2)
    """

  /// Leaves the latest ?1.
  static let trim = """
    DELETE FROM unlisted WHERE (address, calling_ae) IN (
      SELECT address, calling_ae FROM unlisted \(order) LIMIT -1 OFFSET ?1)
    """

  /// Forgets who tried before ?1 for the last time.
  static let expire = "DELETE FROM unlisted WHERE last_at < ?1"

  static func add(_ sender: UnlistedSender, in db: Database) throws {
    try db.run(
      """
      INSERT INTO unlisted (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      ON CONFLICT DO UPDATE SET called_ae = ?3, last_at = ?5, attempts = attempts + ?6, reason = ?7, proposed = ?8,
        implementation = ?9
      """,
      sender.callingAE.rawValue, sender.address, sender.calledAE.rawValue, sender.firstAt.microseconds,
      sender.lastAt.microseconds, sender.attempts, sender.reason,
      sender.proposed.map(\.rawValue).joined(separator: "\n"), sender.implementation)
  }

  static func read(_ columns: inout Columns) throws -> UnlistedSender {
    let callingAE: AETitle = try columns.raw()
    let address: String = columns.next()
    let calledAE: AETitle = try columns.raw()
    let (first, last) = (columns.time(), columns.time())
    let attempts: Int = columns.next()
    var sender = UnlistedSender(
      callingAE, at: address, calling: calledAE, now: last, reason: columns.next(),
      proposed: columns.lines().map { UID($0) }, implementation: columns.optional())
    sender.firstAt = first
    sender.attempts = attempts
    return sender
  }
}
