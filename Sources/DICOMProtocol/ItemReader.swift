import NIOCore

/// Walks the items, or sub-items, of one level: `type(1) reserved(1) length(2)` and a body (PS3.8 §9.3.1).
struct ItemReader {
  struct Item {
    let type: UInt8
    let body: ByteBuffer
  }

  private var rest: ByteBuffer
  private var remaining: Int
  private let parent: String

  /// Reads the items in `bytes`, at most `limit`; `parent` names the level in errors.
  init(_ bytes: ByteBuffer, limit: Int, parent: String) {
    rest = bytes
    remaining = limit
    self.parent = parent
  }

  /// The next item, or nil at the end.
  mutating func next() throws(PDUError) -> Item? {
    guard rest.readableBytes > 0 else { return nil }
    guard remaining > 0 else { throw .invalid("too many items in \(parent)") }
    remaining -= 1
    guard let (type, _, length) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self),
      let body = rest.readSlice(length: Int(length))
    else { throw .invalid("item runs past \(parent)") }
    return Item(type: type, body: body)
  }
}
