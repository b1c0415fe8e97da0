import EscrowCore
import Foundation
import GRDB

/// How the names of an instance and of what it belongs to are written.
enum ResourceRow {
  static func insert(_ instance: Instance, row: Int64, in db: Database) throws {
    try db.run(
      "INSERT INTO resource (instance, patient, study, series, sop) VALUES (?, ?, ?, ?, ?)", row,
      Data(instance.resourceDigest(.patient)), Data(instance.resourceDigest(.study)),
      Data(instance.resourceDigest(.series)), Data(instance.resourceDigest(.instance)))
  }

  /// Names what an earlier version has recorded and is still here.
  static func fill(in db: Database) throws {
    let sql = """
      SELECT i.id, \(InstanceRow.firstColumns) FROM instance i WHERE i.state NOT IN ('purging', 'purged', 'discarded')
      """
    try db.each(sql, []) { columns in
      let number: Int64 = columns.next()
      try insert(InstanceRow.readFirst(&columns), row: number, in: db)
    }
  }

  static func column(_ level: ResourceLevel) -> String {
    switch level {
    case .patient: "patient"
    case .study: "study"
    case .series: "series"
    case .instance: "sop"
    }
  }
}

extension ResourceID {
  /// 20 bytes; none for what is no such name.
  var stored: Data {
    let digits = rawValue.utf8.filter { $0 != UInt8(ascii: "-") }
    guard isValid, digits.count == 40 else { return Data() }
    return Data(
      stride(from: 0, to: 40, by: 2).map { start in
        digits[start..<start + 2].reduce(UInt8(0)) { $0 << 4 | UInt8(hexadecimal: $1) }
      })
  }

  init(stored: Data) { self.init(digest: stored) }
}

extension UInt8 {
  /// The value of one hexadecimal digit.
  fileprivate init(hexadecimal digit: UInt8) {
    self = digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : (digit | 0x20) - UInt8(ascii: "a") + 10
  }
}
