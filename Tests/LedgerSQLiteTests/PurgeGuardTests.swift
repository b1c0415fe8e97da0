import EscrowCore
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

/// Each condition of the guarded change that lets copies go, alone: the hint says that a copy is due, one thing stands
/// against it.
@Suite struct PurgeGuardTests {
  /// One thing that stands against the purge, as SQL behind the ledger's back, and whether it truly does.
  struct Obstacle: Sendable, CustomStringConvertible {
    let description: String
    let sql: String
    var stands = true
  }

  private static let obstacles = [
    Obstacle(description: "nothing", sql: "SELECT 1", stands: false),
    Obstacle(description: "not settled", sql: "UPDATE instance SET state = 'damaged', settled_at = NULL"),
    Obstacle(description: "pinned", sql: "UPDATE instance SET pin = 'rebuilt'"),
    Obstacle(description: "on legal hold", sql: "UPDATE instance SET legal_hold = 1"),
    Obstacle(description: "conflicted", sql: "UPDATE instance SET conflicted = 1"),
    Obstacle(
      description: "conflicted where what came last is kept",
      sql: "UPDATE instance SET conflicted = 1; UPDATE delivery SET overwrites = 1", stands: false),
    Obstacle(description: "never", sql: "UPDATE instance SET retention = NULL"),
    Obstacle(description: "kept longer", sql: "UPDATE instance SET retention = 100000000000"),
    Obstacle(description: "settled later", sql: "UPDATE instance SET settled_at = settled_at + 100000000000"),
    Obstacle(description: "the clock jumped", sql: "INSERT INTO alarm VALUES ('clock.jumped', 'clock', 0, '')"),
    Obstacle(description: "another alarm", sql: "INSERT INTO alarm VALUES ('storage.low', '/', 0, '')", stands: false),
    Obstacle(description: "failed", sql: "UPDATE delivery SET state = 'failed'"),
    Obstacle(description: "cancelled", sql: "UPDATE delivery SET state = 'cancelled'"),
    Obstacle(description: "queued", sql: "UPDATE delivery SET state = 'queued'"),
    Obstacle(description: "sent", sql: "UPDATE delivery SET state = 'sent'"),
    Obstacle(description: "requested", sql: "UPDATE delivery SET state = 'requested'"),
    Obstacle(description: "waived, so delivered nowhere", sql: "UPDATE delivery SET state = 'waived'"),
    Obstacle(description: "superseded, so delivered nowhere", sql: "UPDATE delivery SET state = 'superseded'"),
    Obstacle(description: "elements discarded", sql: "UPDATE delivery SET discarded_elements = 1"),
    Obstacle(
      description: "elements discarded, which is accepted",
      sql: "UPDATE delivery SET discarded_elements = 1, accept_discarded = 1", stands: false),
    Obstacle(
      description: "found by query, and asked again",
      sql: "UPDATE delivery SET proof = 'query', not_before = 0"),
    Obstacle(
      description: "found by query, too long ago", sql: "UPDATE delivery SET proof = 'query', stale_at = 0"),
    Obstacle(
      description: "found by query, not too long ago",
      sql: "UPDATE delivery SET proof = 'query', stale_at = 3000000000000000", stands: false),
    Obstacle(description: "only the API's delivery", sql: "UPDATE delivery SET origin = 'api'"),
    Obstacle(description: "no delivery", sql: "DELETE FROM item; DELETE FROM attempt; DELETE FROM delivery"),
    Obstacle(description: "an open delivery of a route besides", sql: besides(origin: "route", state: "queued")),
    Obstacle(description: "an open delivery of the API besides", sql: besides(origin: "api", state: "sent")),
    Obstacle(
      description: "an ended delivery of the API besides", sql: besides(origin: "api", state: "failed"), stands: false),
    Obstacle(
      description: "a waived delivery of a route besides", sql: besides(origin: "route", state: "waived"),
      stands: false),
  ]

  private static func besides(origin: String, state: String) -> String {
    """
    INSERT INTO delivery (instance, study, destination, origin, priority, state, proof, routes, attempts,
      doubtful_failures, asks, resends) VALUES (1, 's', 'research', '\(origin)', 1, '\(state)', 'response', '', 0, 0, 0, 0)
    """
  }

  @Test(arguments: obstacles) func oneObstacleIsEnough(obstacle: Obstacle) async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let scene = Scene(ledger: ledger)
      try await scene.admit(1)
      try await scene.deliver()
      try await ledger.pool.write { try $0.execute(sql: obstacle.sql) }
      let due = try await ledger.pool.read { db in
        try Int.fetchOne(db, sql: "SELECT purge_at IS NOT NULL FROM instance")
      }
      #expect(due == 1, "the hint stays, so that only the guard can say no")
      let purged = try await scene.purge(at: 5000)
      #expect(purged == (obstacle.stands ? [] : [1]))
    }
  }
}
