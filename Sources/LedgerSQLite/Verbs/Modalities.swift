package import EscrowCore
import Foundation
import GRDB

extension SQLiteLedger {
  package func keep(_ modality: NamedModality, actor: String, now: Timestamp) async throws {
    let configuration = String(decoding: try JSONEncoder().encode(modality), as: UTF8.self)
    try await writer.perform { transaction in
      try transaction.db.run(
        "INSERT OR REPLACE INTO modality (name, configuration) VALUES (?, ?)", modality.name.rawValue, configuration)
      try transaction.tell(.modality(modality.name, "kept", actor: actor, now: now))
    }
  }

  package func forgetModality(_ name: PeerName, actor: String, now: Timestamp) async throws -> Bool {
    try await writer.perform { transaction in
      try transaction.db.run("DELETE FROM modality WHERE name = ?", name.rawValue)
      guard transaction.db.changesCount > 0 else { return false }
      try transaction.tell(.modality(name, "forgotten", actor: actor, now: now))
      return true
    }
  }

  package func hasRouted(to name: PeerName) async throws -> Bool {
    try await pool.read { db in
      try db.exists(ModalityStatement.routed, name.rawValue)
    }
  }

  package func modalities() async throws -> [NamedModality] {
    try await pool.read { db in
      try db.rows("SELECT configuration FROM modality ORDER BY name") { columns in
        let text: String = columns.next()
        return try JSONDecoder().decode(NamedModality.self, from: Data(text.utf8))
      }
    }
  }
}

enum ModalityStatement {
  /// A delivery of a route to the name ?1.
  static let routed = "SELECT 1 FROM delivery WHERE destination = ?1 AND origin = 'route'"
}
