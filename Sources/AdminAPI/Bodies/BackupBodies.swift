/// `POST /api/v1/backup`: where the backup is to be made.
package struct BackupRequestBody: Codable, Sendable {
  /// On the server's machine; absolute, and not there yet or empty.
  package var directory: String

  static let keys: Set = ["directory"]

  package init(directory: String) { self.directory = directory }
}

/// What a backup is: the manifest that lies in it, and the answer of `POST /api/v1/backup`.
package struct BackupBody: Codable, Sendable, Equatable {
  /// Of the manifest's form.
  package var version: Int
  /// The program that made it.
  package var software: String
  package var madeAt: String
  package var ledger: Ledger
  package var instances: [String: Int]
  package var deliveries: [String: Int]

  /// The copy of the ledger.
  package struct Ledger: Codable, Sendable, Equatable {
    /// Its name in the backup.
    package var file: String
    package var id: String
    /// The spool that it belongs to.
    package var spool: String
    package var schema: [String]
    package var bytes: Int64
    /// XXH3-128 of the file.
    package var digest: String

    package init(file: String, id: String, spool: String, schema: [String], bytes: Int64, digest: String) {
      self.file = file
      self.id = id
      self.spool = spool
      self.schema = schema
      self.bytes = bytes
      self.digest = digest
    }
  }

  package init(
    version: Int, software: String, madeAt: String, ledger: Ledger, instances: [String: Int], deliveries: [String: Int]
  ) {
    self.version = version
    self.software = software
    self.madeAt = madeAt
    self.ledger = ledger
    self.instances = instances
    self.deliveries = deliveries
  }
}
