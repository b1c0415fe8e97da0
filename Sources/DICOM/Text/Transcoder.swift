import Glibc

/// A conversion between character sets by the C library, whose tables these are. For one use: it has a state that two
/// threads may not share, and costs nothing to open again.
struct Transcoder: ~Copyable {
  private let descriptor: iconv_t

  /// - Parameter from: the name of a set, as `iconv -l` lists it; nil comes back when this machine does not have it.
  init?(from: String, to: String) {
    guard let opened = iconv_open(to, from), opened != iconv_t(bitPattern: -1) else { return nil }
    descriptor = opened
  }

  deinit { iconv_close(descriptor) }

  /// Appends what it can convert, and returns how many bytes that was: all, or those before the first wrong character.
  func convert(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) -> Int {
    input.withUnsafeBytes { bytes in
      // The C library only reads it, although its parameter does not say so.
      var next = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
      var left = bytes.count
      while left > 0, append(&next, &left, to: &output) {}
      return bytes.count - left
    }
  }

  /// Converts as much as fits into one piece of output; false when there is no use in going on.
  private func append(_ next: inout UnsafeMutablePointer<CChar>?, _ left: inout Int, to output: inout [UInt8]) -> Bool {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { piece in
      var end = piece.baseAddress
      var room = piece.count
      let result = iconv(descriptor, &next, &left, &end, &room)
      let wasFull = result == -1 && errno == E2BIG
      output += UnsafeRawBufferPointer(piece).prefix(piece.count - room)
      return wasFull
    }
  }
}
