/// A file in a tar archive: POSIX.1-1988 `ustar`, whose sizes beyond 8 GiB are written as GNU tar does.
package struct TarEntry: Sendable, Equatable {
  /// At most 100 bytes, with `/` between folders.
  package var name: String
  /// In bytes.
  package var size: Int64

  package static let block = 512
  /// What ends an archive: two empty blocks.
  package static let end = [UInt8](repeating: 0, count: 2 * block)

  package init(name: String, size: Int64) {
    self.name = name
    self.size = size
  }

  /// What stands before the file's bytes.
  package var header: [UInt8] {
    var header = [UInt8](repeating: 0, count: Self.block)
    func put(_ text: String, _ offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    put(String(name.utf8.prefix(100)) ?? "", 0)
    put("0000644", 100)
    put("0000000", 108)
    put("0000000", 116)
    if size < 1 << 33 {
      put(Self.octal(size, digits: 11), 124)
    } else {
      header[124] = 0x80
      for index in 0..<8 { header[135 - index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
    }
    put("00000000000", 136)
    put("        ", 148)
    put("0", 156)
    put("ustar", 257)
    put("00", 263)
    let sum = header.reduce(0) { $0 + Int64($1) }
    put(Self.octal(sum, digits: 6) + "\0 ", 148)
    return header
  }

  /// What fills the last block of the file.
  package var padding: [UInt8] { [UInt8](repeating: 0, count: Self.padding(size)) }

  /// Bytes in the archive, with header and padding.
  var length: Int { Self.block + Int(size) + Self.padding(size) }

  static func padding(_ size: Int64) -> Int { (block - Int(size % Int64(block))) % block }

  private static func octal(_ value: Int64, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }

  /// Reads a header; nil for an empty block, which ends the archive. Throws ``TarError`` for anything else.
  package init?(header: [UInt8]) throws(TarError) {
    guard header.contains(where: { $0 != 0 }) else { return nil }
    guard header.count == Self.block, header[257..<262].elementsEqual("ustar".utf8) else { throw .notTar }
    name = String(decoding: header[0..<100].prefix { $0 != 0 }, as: UTF8.self)
    if header[124] & 0x80 != 0 {
      size = header[128..<136].reduce(0) { $0 << 8 | Int64($1) }
    } else {
      let text = String(decoding: header[124..<135].prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
      guard let value = Int64(text, radix: 8) else { throw .notTar }
      size = value
    }
    guard size >= 0 else { throw .notTar }
  }
}

/// Why bytes are no tar archive.
package enum TarError: Error, Sendable {
  case notTar
}
