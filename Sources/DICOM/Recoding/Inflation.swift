import CZlib

/// Inflates a deflated data set that comes in pieces (PS3.5 §A.5, RFC 1951), as ``Deflate`` does for one that is there.
final class Inflation {
  private static let chunk = 64 * 1024

  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
  private let limit: Int
  private var total = 0
  private var isOpen = false
  private(set) var isFinished = false

  /// - Parameter limit: bytes that may come out.
  init(limit: Int) {
    self.limit = limit
    stream.initialize(to: z_stream())
  }

  deinit {
    if isOpen { inflateEnd(stream) }
    stream.deallocate()
    output.deallocate()
  }

  /// Takes the next bytes, which must stay where they are until ``next()`` has given everything.
  func feed(_ bytes: UnsafeRawBufferPointer) {
    // zlib reads it only, though its header does not say so.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(clamping: bytes.count)
    guard !isOpen, !bytes.isEmpty else { return }
    // Some writers put a zlib header in front (RFC 1950 §2.2: 78H, for a window of 32 KiB); as the first byte of a
    // raw stream it would announce a stored block whose length cannot follow.
    let size = Int32(MemoryLayout<z_stream>.size)
    isOpen = inflateInit2_(stream, bytes[0] == 0x78 ? 15 : -15, ZLIB_VERSION, size) == Z_OK
  }

  /// Some of what the bytes become, valid until the next call; nil when more of them are needed.
  func next() throws(RecodingError) -> UnsafeRawBufferPointer? {
    guard !isFinished, isOpen else { return nil }
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(output.count)
    let status = inflate(stream, Z_NO_FLUSH)
    let count = output.count - Int(stream.pointee.avail_out)
    total += count
    guard total <= limit else { throw .tooLong(limit: limit) }
    switch status {
    case Z_STREAM_END: isFinished = true
    case Z_OK, Z_BUF_ERROR: break
    default: throw .malformed("no deflated stream")
    }
    return count > 0 ? UnsafeRawBufferPointer(rebasing: output[..<count]) : nil
  }
}
