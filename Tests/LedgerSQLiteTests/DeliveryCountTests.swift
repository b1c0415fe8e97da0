import EscrowCore
import GRDB
import Testing

@testable import LedgerSQLite

/// The counters of deliveries by what they count.
@Suite struct DeliveryCountTests {
  private static let counts = """
    SELECT destination || ' ' || state || ' ' || proof || ' ' || origin || ' ' || n FROM delivery_count
    WHERE n > 0 ORDER BY 1
    """

  /// What an earlier version has on record is counted as if it had been counted all the time.
  @Test func whatIsOnRecordIsCountedAnew() async throws {
    try await TemporaryLedger.run { temporary in
      let pool = try DatabasePool(path: temporary.path, configuration: Durability.configuration)
      try Schema.migrator.migrate(pool, upTo: "9 unlisted")
      try await pool.write { db in
        try Self.insertInstance(in: db)
        try Self.insert("queued", "commitment", to: "a", origin: "route", in: db)
        try Self.insert("queued", "commitment", to: "a", origin: "api", in: db)
        try Self.insert("failed", "response", to: "b", origin: "route", in: db)
      }
      try Schema.migrator.migrate(pool)
      let counted = try await pool.read { try String.fetchAll($0, sql: Self.counts) }
      #expect(
        counted == ["a queued commitment api 1", "a queued commitment route 1", "b failed response route 1"])
    }
  }

  @Test func aChangedProofIsCountedAsTheNewOne() async throws {
    try await TemporaryLedger.run { temporary in
      let pool = try DatabasePool(path: temporary.path, configuration: Durability.configuration)
      try Schema.migrator.migrate(pool)
      try await pool.write { db in
        try Self.insertInstance(in: db)
        try Self.insert("queued", "response", to: "a", origin: "route", in: db)
        try db.execute(sql: "UPDATE delivery SET proof = 'commitment'")
      }
      let counted = try await pool.read { try String.fetchAll($0, sql: Self.counts) }
      #expect(counted == ["a queued commitment route 1"])
      try await pool.write { try $0.execute(sql: "DELETE FROM delivery") }
      let left = try await pool.read { try String.fetchAll($0, sql: Self.counts) }
      #expect(left == [])
    }
  }

  private static func insertInstance(in db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO wave (id, key, is_study, last_arrival) VALUES (1, '1.2', 1, 0);
        INSERT INTO instance (id, uuid, file, sop_class, sop_instance, transfer_syntax, calling_ae, called_ae, address,
          association, received_at, bytes, digest, state, wave)
        VALUES (1, 'u', 'f', '1.1', '1.3', '1.4', 'CT', 'ESCROW', '10.0.0.1', 'a', 0, 10, printf('%032d', 1),
          'inTransit', 1);
        """)
  }

  private static func insert(
    _ state: String, _ proof: String, to destination: String, origin: String, in db: Database
  ) throws {
    try db.execute(
      sql: """
        INSERT INTO delivery (instance, study, destination, origin, priority, state, proof, routes, attempts,
          doubtful_failures, asks, resends)
        VALUES (1, '1.2', ?, ?, 1, ?, ?, 'all', 0, 0, 0, 0)
        """,
      arguments: [destination, origin, state, proof])
  }
}
