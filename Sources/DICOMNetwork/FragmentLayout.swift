import DICOMProtocol
import NIOCore

/// How a data set is cut into writes of up to 1 MiB, each of P-DATA-TF PDUs with one fragment each (PS3.8 §9.3.5).
struct FragmentLayout {
  /// A write in bytes, headers counted: with one byte more its buffer would take the next power of two.
  static let writeSize = 1 << 20

  private let contextID: UInt8
  private let fragmentSize: Int
  private let writeSize: Int
  /// Nil while only the end will tell.
  private var left: Int?
  private var isFinished = false

  /// - Parameters:
  ///   - length: nil for a data set whose end has to be told with ``finish()``.
  ///   - writeSize: bytes of one write, headers counted; it has room for one fragment of two bytes at least, since all
  ///     fragments but the last are of even length (PS3.8 §E.2).
  init(contextID: UInt8, fragmentSize: Int, length: Int?, writeSize: Int = FragmentLayout.writeSize) {
    self.contextID = contextID
    self.fragmentSize = min(fragmentSize, (writeSize - PDataHeader.length) & ~1)
    self.writeSize = writeSize
    left = length
  }

  /// The next write; nil after the one with the last fragment. An empty data set is one empty fragment.
  mutating func next() -> FragmentRun? {
    guard !isFinished else { return nil }
    let most = writeSize / (PDataHeader.length + fragmentSize) * fragmentSize
    guard let left else {
      return FragmentRun(contextID: contextID, fragmentSize: fragmentSize, payload: most, isLast: false)
    }
    let payload = min(left, most)
    self.left = left - payload
    isFinished = left == payload
    return FragmentRun(contextID: contextID, fragmentSize: fragmentSize, payload: payload, isLast: isFinished)
  }

  /// The end of the data set was in the last write.
  mutating func finish() { isFinished = true }
}

/// The PDUs of one write.
struct FragmentRun {
  let contextID: UInt8
  let fragmentSize: Int
  /// In bytes, headers not counted; the most it can carry when the data set's end is not known.
  let payload: Int
  /// Whether the data set is known to end with it.
  let isLast: Bool

  private var fragments: Int { max(1, (payload + fragmentSize - 1) / fragmentSize) }

  /// In bytes, headers counted.
  var size: Int { payload + fragments * PDataHeader.length }

  /// Appends the PDUs, headers by us and fragments by the content; true when the data set ends with them.
  func write(to buffer: inout ByteBuffer, from content: OutgoingContent) throws -> Bool {
    var isLast = isLast
    try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
      let regions = layOut(in: memory)
      switch content {
      case .source(let source):
        if payload > 0 { try source.read(into: regions) }
        return size
      case .stream(let stream):
        let piece = try stream.read(into: regions)
        precondition(piece.isLast || piece.count == payload, "a piece that is not the last must fill its regions")
        isLast = piece.isLast
        return isLast ? end(after: piece.count, in: memory) : size
      }
    }
    return isLast
  }

  /// Makes the fragment that holds the last of `count` bytes the last one; the size of what is left.
  private func end(after count: Int, in memory: UnsafeMutableRawBufferPointer) -> Int {
    let before = max(0, count - 1) / fragmentSize
    let offset = before * (PDataHeader.length + fragmentSize)
    let length = count - before * fragmentSize
    let header = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + PDataHeader.length])
    PDataHeader.write(fragmentLength: length, contextID: contextID, isCommand: false, isLast: true, into: header)
    return offset + PDataHeader.length + length
  }

  /// Writes the headers and gives the regions between them.
  private func layOut(in memory: UnsafeMutableRawBufferPointer) -> [UnsafeMutableRawBufferPointer] {
    var left = payload
    var offset = 0
    return (0..<fragments).map { index in
      let length = min(left, fragmentSize)
      let header = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + PDataHeader.length])
      let isLastFragment = isLast && index == fragments - 1
      PDataHeader.write(
        fragmentLength: length, contextID: contextID, isCommand: false, isLast: isLastFragment, into: header)
      offset += PDataHeader.length
      left -= length
      defer { offset += length }
      return UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + length])
    }
  }
}
