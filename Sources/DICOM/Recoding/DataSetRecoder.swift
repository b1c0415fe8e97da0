/// Writes a data set in another transfer syntax while it is read, piece by piece (PS3.5 §7, §10).
///
/// Between the native ones: Implicit and Explicit VR Little Endian as they are wanted, from these, Explicit VR Big
/// Endian and Deflated. Values keep their bytes but for byte order and padding to an even length. Sequences and items
/// get undefined lengths, group lengths are left out, attributes that PS3.6 does not know become UN. Memory does not
/// grow with the data set.
public final class DataSetRecoder {
  /// What data sets can be written in, the more telling one first.
  public static let targets: [TransferSyntax] = [.explicitLittleEndian, .implicitLittleEndian]
  /// Nesting that is still followed.
  public static let maximumDepth = 64

  /// How elements are read and written at some place.
  struct Scope {
    var input: ElementEncoding
    var output: ElementEncoding
  }

  /// A sequence or an item that is open.
  struct Frame {
    var isItem: Bool
    /// Where it ends; nil when a delimiter says so.
    var end: UInt64?
    /// Where it, or what it is in, ends at the latest.
    var limit: UInt64
    /// What holds again behind it.
    var outer: Scope
    var outerIsSigned: Bool
  }

  /// A value of which bytes are still to come.
  struct Value {
    var remaining: UInt64
    /// Bytes of a number whose order is turned around; 1 copies.
    var width = 1
    /// What makes it even.
    var padding: UInt8?
    var isDropped = false
    /// It says whether numbers have signs: Pixel Representation (0028,0103).
    var tellsSign = false
  }

  var scope: Scope
  var frames: [Frame] = []
  var value: Value?
  /// Whether US or SS is meant where both may be (PS3.3 §C.7.6.3.1).
  var isSigned = false
  /// Bytes of the data set that were taken, after inflation.
  var position: UInt64 = 0
  /// The start of a header or of a number whose rest is still to come.
  var pending: [UInt8] = []
  private let inflation: Inflation?

  /// Throws ``RecodingError/unsupported(from:to:)``.
  ///
  /// - Parameter inflatedLimit: bytes that a deflated data set may have.
  public init(
    from source: TransferSyntax, to target: TransferSyntax, inflatedLimit: Int = 1 << 34
  ) throws(RecodingError) {
    guard source.isNative, DataSetRecoder.targets.contains(target) else {
      throw .unsupported(from: source, to: target)
    }
    scope = Scope(input: source.elementEncoding, output: target.elementEncoding)
    inflation = source.isDeflated ? Inflation(limit: inflatedLimit) : nil
  }

  /// Takes the next bytes, and appends to `output` what they become.
  public func recode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(RecodingError) {
    guard let inflation else { return try take(bytes, into: &output) }
    inflation.feed(bytes)
    while let inflated = try inflation.next() { try take(inflated, into: &output) }
  }

  /// All bytes have come. Sequences that were never closed are.
  public func finish(into output: inout [UInt8]) throws(RecodingError) {
    if let inflation, !inflation.isFinished { throw .truncated }
    if value == nil, !pending.isEmpty, let header = lastHeader() { try begin(header, into: &output) }
    guard value == nil, pending.isEmpty else { throw .truncated }
    closeEnded(into: &output)
    while let frame = frames.last {
      guard frame.end == nil else { throw .truncated }
      close(into: &output)
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(RecodingError) {
    var input = bytes[...]
    while true {
      if value != nil {
        guard copyValue(from: &input, into: &output) else { return }
        continue
      }
      closeEnded(into: &output)
      guard let header = nextHeader(from: &input) else { return }
      position += UInt64(header.size)
      try begin(header, into: &output)
    }
  }

  // MARK: Bytes

  private func nextHeader(from input: inout Slice<UnsafeRawBufferPointer>) -> ElementHeader? {
    if pending.isEmpty,
      case .header(let header) = ElementHeader.read(UnsafeRawBufferPointer(rebasing: input), scope.input)
    {
      input.removeFirst(header.size)
      return header
    }
    while true {
      switch pending.withUnsafeBytes({ ElementHeader.read($0, scope.input) }) {
      case .header(let header):
        pending.removeFirst(header.size)
        return header
      case .needs(let count):
        guard !input.isEmpty else { return nil }
        let taken = min(count - pending.count, input.count)
        pending += input.prefix(taken)
        input.removeFirst(taken)
      }
    }
  }

  /// A header that can be read only because nothing follows it.
  private func lastHeader() -> ElementHeader? {
    let reading = pending.withUnsafeBytes { ElementHeader.read($0, scope.input, isEnd: true) }
    guard case .header(let header) = reading else { return nil }
    pending.removeFirst(header.size)
    position += UInt64(header.size)
    return header
  }

  /// Copies what is there of the open value; false if more has to come.
  private func copyValue(from input: inout Slice<UnsafeRawBufferPointer>, into output: inout [UInt8]) -> Bool {
    guard var open = value else { return true }
    let bytes = input.prefix(Int(clamping: min(open.remaining, UInt64(input.count))))
    input.removeFirst(bytes.count)
    position += UInt64(bytes.count)
    open.remaining -= UInt64(bytes.count)
    if open.tellsSign, bytes.contains(1) { isSigned = true }
    if !open.isDropped { append(bytes, width: open.width, isLast: open.remaining == 0, to: &output) }
    guard open.remaining == 0 else {
      value = open
      return false
    }
    if let padding = open.padding, !open.isDropped { output.append(padding) }
    value = nil
    return true
  }

  /// Appends bytes of a value, numbers of `width` bytes turned around; those that are cut wait for their rest.
  private func append(
    _ bytes: Slice<UnsafeRawBufferPointer>, width: Int, isLast: Bool, to output: inout [UInt8]
  ) {
    guard width > 1 else {
      // As bytes that are in one place they are copied at once.
      return UnsafeRawBufferPointer(rebasing: bytes).withMemoryRebound(to: UInt8.self) {
        output.append(contentsOf: $0)
      }
    }
    pending += bytes
    let numbers = pending.count / width * width
    // What is left of a length that is no multiple is no number.
    let whole = isLast ? pending.count : numbers
    let start = output.count
    output += pending[..<whole]
    output.withUnsafeMutableBufferPointer { memory in
      for number in stride(from: start, to: start + numbers, by: width) {
        for index in 0..<width / 2 { memory.swapAt(number + index, number + width - 1 - index) }
      }
    }
    pending.removeFirst(whole)
  }
}
