/// The start of a deflated data set, kept until enough of it is there to find what is wanted.
///
/// It is inflated from its beginning each time it has doubled, so that reading stays a value without a
/// decompressor's state, and costs at most twice what one pass would.
struct DeflatedPrefix: Sendable {
  private var compressed: [UInt8] = []
  private var nextTry = 16 * 1024
  private let start: ElementScanner
  private let limit: Int
  /// How the last inflation ended.
  private(set) var ending = Deflate.Ending.incomplete

  /// - Parameters:
  ///   - start: a scanner that has read nothing yet.
  ///   - limit: bytes that may come out.
  init(start: ElementScanner, limit: Int) {
    self.start = start
    self.limit = limit
  }

  /// Room for a stream of `limit` bytes that cannot be compressed (RFC 1951 §3.2.4).
  private var capacity: Int { limit + limit / 1024 + 1024 }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    compressed += bytes.prefix(capacity - compressed.count)
  }

  var isWorthTrying: Bool { compressed.count >= min(nextTry, capacity) }

  /// Reads the inflated bytes from their start; returns the scanner that did if it needs no more, or gets none.
  mutating func inflate() -> ElementScanner? {
    nextTry = compressed.count * 2
    var scanner = start
    ending = compressed.withUnsafeBytes { bytes in
      Deflate.inflate(bytes, limit: limit) { inflated in
        scanner.read(inflated)
        return !scanner.isDone
      }
    }
    if ending == .incomplete, compressed.count == capacity { ending = .tooLong }
    return ending == .finished || ending == .stopped ? scanner : nil
  }
}
