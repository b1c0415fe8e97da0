import CZlib

/// Deflated data sets (PS3.5 §A.5): one raw stream of RFC 1951, which some writers wrap in a zlib header.
enum Deflate {
  /// How an inflation ended.
  enum Ending: Equatable {
    /// The stream is complete.
    case finished
    /// The bytes end before the stream does.
    case incomplete
    /// More came out than is allowed.
    case tooLong
    /// The bytes are no deflated stream.
    case damaged
    /// The reader had enough.
    case stopped
  }

  /// Bytes handed out at a time.
  private static let chunk = 64 * 1024

  /// Inflates `bytes` piece by piece until `body` answers false or `limit` bytes came out.
  static func inflate(
    _ bytes: UnsafeRawBufferPointer, limit: Int, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Ending {
    guard let stream = Stream(inflating: bytes) else { return .damaged }
    defer { stream.closeInflation() }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
    defer { output.deallocate() }
    var total = 0
    while true {
      let (status, count) = stream.inflate(into: output)
      total += count
      guard total <= limit else { return .tooLong }
      if count > 0, !body(UnsafeRawBufferPointer(rebasing: output[..<count])) { return .stopped }
      switch status {
      case Z_STREAM_END: return .finished
      case Z_OK where count > 0: continue
      case Z_OK, Z_BUF_ERROR: return .incomplete
      default: return .damaged
      }
    }
  }

  /// Deflates a whole data set, without a zlib header and with the NUL that makes its length even.
  static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    let stream = Stream()
    stream.openDeflation()
    defer { stream.closeDeflation() }
    return bytes.withUnsafeBytes { input in
      stream.feed(input)
      let deflated = [UInt8](unsafeUninitializedCapacity: stream.bound(bytes.count)) { output, count in
        count = stream.deflate(into: UnsafeMutableRawBufferPointer(output))
      }
      return deflated.count.isMultiple(of: 2) ? deflated : deflated + [0]
    }
  }
}

/// A `z_stream`, which zlib wants to find at one address for all its life.
private struct Stream: ~Copyable {
  private let pointer: UnsafeMutablePointer<z_stream>

  init() {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: z_stream())
  }

  deinit { pointer.deallocate() }

  /// A stream that reads `bytes`, with or without a zlib header; nil if zlib cannot start.
  init?(inflating bytes: UnsafeRawBufferPointer) {
    self.init()
    let windowBits: Int32 = Stream.hasZlibHeader(bytes) ? 15 : -15
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(pointer, windowBits, ZLIB_VERSION, size) == Z_OK else { return nil }
    feed(bytes)
  }

  /// RFC 1950 §2.2: method 8, window 32 KiB, and a check that makes both bytes a multiple of 31.
  private static func hasZlibHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x78 && (0x7800 + Int(bytes[1])).isMultiple(of: 31)
  }

  func openDeflation() {
    let status = deflateInit2_(
      pointer, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib cannot start: \(status)")
  }

  /// The whole input. zlib reads it only, though its header does not say so.
  func feed(_ bytes: UnsafeRawBufferPointer) {
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    pointer.pointee.next_in = UnsafeMutablePointer(mutating: start)
    pointer.pointee.avail_in = UInt32(clamping: bytes.count)
  }

  func inflate(into output: UnsafeMutableRawBufferPointer) -> (status: Int32, count: Int) {
    point(to: output)
    let status = CZlib.inflate(pointer, Z_NO_FLUSH)
    return (status, output.count - Int(pointer.pointee.avail_out))
  }

  func deflate(into output: UnsafeMutableRawBufferPointer) -> Int {
    point(to: output)
    let status = CZlib.deflate(pointer, Z_FINISH)
    precondition(status == Z_STREAM_END, "zlib wants more room than its own bound: \(status)")
    return output.count - Int(pointer.pointee.avail_out)
  }

  func bound(_ count: Int) -> Int { Int(deflateBound(pointer, UInt(count))) }
  func closeInflation() { inflateEnd(pointer) }
  func closeDeflation() { deflateEnd(pointer) }

  private func point(to output: UnsafeMutableRawBufferPointer) {
    pointer.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    pointer.pointee.avail_out = UInt32(clamping: output.count)
  }
}
