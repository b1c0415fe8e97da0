/// The bytes before the fragment of a P-DATA-TF with a single PDV: PDU header and PDV header (PS3.8 §9.3.5).
///
/// For senders that lay out PDUs around data read from elsewhere, without copying it.
public enum PDataHeader {
  /// Bytes of both headers.
  public static let length = 12

  /// Writes the headers for a fragment of `fragmentLength` bytes to the start of `bytes`, which holds at least
  /// ``length``.
  public static func write(
    fragmentLength: Int, contextID: UInt8, isCommand: Bool, isLast: Bool, into bytes: UnsafeMutableRawBufferPointer
  ) {
    precondition(bytes.count >= length, "no room for a P-DATA-TF header")
    bytes[0] = PDUType.data.rawValue
    bytes[1] = 0
    bytes.storeBytes(of: UInt32(fragmentLength + 6).bigEndian, toByteOffset: 2, as: UInt32.self)
    bytes.storeBytes(of: UInt32(fragmentLength + 2).bigEndian, toByteOffset: 6, as: UInt32.self)
    bytes[10] = contextID
    bytes[11] = (isCommand ? 1 : 0) | (isLast ? 2 : 0)
  }

  /// The largest even fragment of a single-PDV P-DATA-TF to a peer that announced `peerMaximum` (0: no limit), when
  /// we send no length above `cap` (PS3.8 §D.1). 0 when nothing fits.
  public static func fragmentLimit(peerMaximum: UInt32, cap: Int) -> Int {
    let limit = peerMaximum == 0 ? cap : min(Int(peerMaximum), cap)
    return max(0, limit - 6) & ~1
  }
}
