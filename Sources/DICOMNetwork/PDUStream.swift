import DICOMProtocol
import NIOCore

/// Received bytes in, PDUs out. Whole PDUs are decoded where they lie; only one that comes in pieces is copied.
struct PDUStream {
  private static let headerLength = 6

  private var decoder: PDUDecoder
  /// The beginning of a PDU whose end has not arrived.
  private var partial = ByteBuffer()
  /// Not looked at yet; more than one only while reading is held.
  private var received = CircularBuffer<ByteBuffer>(initialCapacity: 2)

  /// - Parameter maximumLength: what we announce in 51H.
  init(maximumLength: UInt32) {
    decoder = PDUDecoder(limits: PDULimits(maximumLength: maximumLength))
  }

  /// What we announce in 51H.
  var maximumLength: UInt32 {
    get { decoder.maximumLength }
    set { decoder.maximumLength = newValue }
  }

  /// Whether bytes have come that no PDU was made of.
  var hasUnread: Bool { partial.readableBytes > 0 || !received.isEmpty }

  /// Lets go of everything that was received.
  mutating func clear() {
    partial = ByteBuffer()
    received.removeAll()
  }

  mutating func append(_ bytes: ByteBuffer) { received.append(bytes) }

  /// The next whole PDU, or nil when more bytes are needed.
  mutating func next() throws(PDUError) -> PDU? {
    while var bytes = received.popFirst() {
      let pdu = partial.readableBytes == 0 ? try decoder.next(from: &bytes) : try complete(from: &bytes)
      if pdu == nil { keep(&bytes) }
      if bytes.readableBytes > 0 { received.prepend(bytes) }
      if let pdu { return pdu }
    }
    return nil
  }

  /// Moves what the partial PDU lacks, first of its header, then of its body.
  private mutating func complete(from bytes: inout ByteBuffer) throws(PDUError) -> PDU? {
    while bytes.readableBytes > 0 {
      if var piece = bytes.readSlice(length: min(missing, bytes.readableBytes)) { partial.writeBuffer(&piece) }
      guard let pdu = try decoder.next(from: &partial) else { continue }
      return pdu
    }
    return nil
  }

  /// Cleared only now, when the fragments of its last PDU have been let go, so that its memory is used again.
  private mutating func keep(_ bytes: inout ByteBuffer) {
    if partial.readableBytes == 0 { partial.clear() }
    partial.writeBuffer(&bytes)
  }

  private var missing: Int {
    let length = partial.getInteger(at: partial.readerIndex + 2, as: UInt32.self)
    let needed = length.map { Self.headerLength + Int($0) } ?? Self.headerLength
    return needed - partial.readableBytes
  }
}
