package import EscrowCore

/// The names of all files in the spool, found by listing only.
package struct Inventory: Sendable {
  /// In the order of their names, as ``LedgerReading/files(after:limit:)`` has them.
  package let files: FileNames
  /// What is in the spool but is none of ours, as paths relative to it; left alone.
  package let unknown: [String]
}

/// The names of many files in 16 bytes each, in order.
package struct FileNames: RandomAccessCollection, Sendable {
  let values: [UInt128]

  /// Well-formed ids in any order.
  init(_ files: [UInt128]) { values = files.sorted() }

  package var startIndex: Int { 0 }
  package var endIndex: Int { values.count }
  package subscript(position: Int) -> InstanceID { InstanceID(compact: values[position]) }
}

extension InstanceID {
  /// The 128 bits of the UUID; order is that of the text.
  var compact: UInt128 {
    // Byte by byte: a start does this for each file, and for each that the ledger expects.
    var value: UInt128 = 0
    for byte in rawValue.utf8 where byte != UInt8(ascii: "-") {
      value = value << 4 | UInt128(byte & 0x0F + (byte >= UInt8(ascii: "a") ? 9 : 0))
    }
    return value
  }

  init(compact: UInt128) {
    let digits = String(compact, radix: 16)
    var text = String(repeating: "0", count: 32 - digits.count) + digits
    for offset in [20, 16, 12, 8] { text.insert("-", at: text.index(text.startIndex, offsetBy: offset)) }
    self.init(rawValue: text)
  }
}

extension Spool {
  /// Lists every file, once the names are durable: what recovery acts on must not vanish afterwards. Blocks.
  package func inventory() throws -> Inventory {
    var files: [UInt128] = []
    var unknown = try disk.list(root).filter { !SpoolNames.root.contains($0) }
    for shard in SpoolNames.shards {
      let directory = try disk.openDirectory(shard, in: root)
      try disk.syncDirectory(directory)
      for name in try disk.list(directory) {
        if let id = SpoolNames.id(of: name), id.rawValue.hasSuffix(shard) {
          files.append(id.compact)
        } else {
          unknown.append("\(shard)/\(name)")
        }
      }
    }
    return Inventory(files: FileNames(files), unknown: unknown.sorted())
  }
}
