import DICOM
import EscrowCore
import GRDB

extension WriteTransaction {
  /// The open wave of an instance's study, begun if there is none; the instance is its latest arrival.
  func wave(of instance: Instance, now: Timestamp) throws -> Int64 {
    let key = instance.studyKey.rawValue
    if let open = try db.number("SELECT id FROM wave WHERE key = ? AND is_open = 1", key) {
      try db.run("UPDATE wave SET last_arrival = ? WHERE id = ?", now.microseconds, open)
      return open
    }
    try db.run(
      "INSERT INTO wave (key, is_study, last_arrival) VALUES (?, ?, ?)", key,
      instance.attributes.studyInstanceUID != nil, now.microseconds)
    return db.lastInsertedRowID
  }
}
