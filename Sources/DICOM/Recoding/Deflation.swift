import CZlib

/// Deflates a data set that comes in pieces (PS3.5 §A.5, RFC 1951): the counterpart of ``Inflation``.
final class Deflation {
  private static let chunk = 64 * 1024

  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
  private var total = 0

  init() {
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot start: \(status)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
    room.deallocate()
  }

  /// Takes the next bytes, and appends to `output` what is ready of what they become.
  func deflate(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
    // zlib reads it only, though its header does not say so.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(clamping: bytes.count)
    while stream.pointee.avail_in > 0 { run(Z_NO_FLUSH, into: &output) }
  }

  /// All bytes have come. A NUL makes the length even.
  func finish(into output: inout [UInt8]) {
    while run(Z_FINISH, into: &output) != Z_STREAM_END {}
    if !total.isMultiple(of: 2) { output.append(0) }
  }

  @discardableResult
  private func run(_ flush: Int32, into output: inout [UInt8]) -> Int32 {
    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room.count)
    let status = CZlib.deflate(stream, flush)
    let count = room.count - Int(stream.pointee.avail_out)
    output += room[..<count]
    total += count
    return status
  }
}
