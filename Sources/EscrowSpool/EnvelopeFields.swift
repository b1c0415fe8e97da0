/// Puts an envelope's fields one after the other.
struct FieldWriter {
  /// What a text's length says when there is none.
  static let none: UInt8 = 0xFF

  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func append(_ value: [UInt8]) { bytes += value }

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  /// A text cut to its room at the border of a character.
  mutating func append(_ text: String, room: Int) {
    var cut = Substring(text)
    while cut.utf8.count > room { cut.removeLast() }
    bytes.append(UInt8(cut.utf8.count))
    bytes += cut.utf8
    bytes += repeatElement(0, count: room - cut.utf8.count)
  }

  /// A peer's name, whole or not at all: part of it could be another's.
  mutating func append(peer name: String?, room: Int) {
    if let name, name.utf8.count <= room {
      append(name, room: room)
    } else {
      bytes.append(FieldWriter.none)
      bytes += repeatElement(0, count: room)
    }
  }
}

/// Takes an envelope's fields one after the other; past the end everything is zero.
struct FieldReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func integer<Value: FixedWidthInteger>(_: Value.Type = UInt64.self) -> Value {
    bytes(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value($1) }
  }

  /// The text, or nil if there is none or it does not fit its room.
  mutating func text(room: Int) -> String? {
    let length = bytes(1).first ?? FieldWriter.none
    let field = bytes(room)
    return length <= room ? String(decoding: field.prefix(Int(length)), as: UTF8.self) : nil
  }
}
