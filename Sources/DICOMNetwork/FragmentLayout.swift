import DICOMProtocol
import NIOCore

/// How a data set is cut into writes of about 1 MiB, each of P-DATA-TF PDUs with one fragment each (PS3.8 §9.3.5).
struct FragmentLayout {
  /// What one write should carry.
  static let writeSize = 1 << 20

  private let contextID: UInt8
  private let fragmentSize: Int
  private var left: Int
  private var isFinished = false

  init(contextID: UInt8, fragmentSize: Int, length: Int) {
    self.contextID = contextID
    self.fragmentSize = fragmentSize
    left = length
  }

  /// The next write; nil after the one with the last fragment. An empty data set is one empty fragment.
  mutating func next() -> FragmentRun? {
    guard !isFinished else { return nil }
    let most = max(1, Self.writeSize / fragmentSize) * fragmentSize
    let payload = min(left, most)
    left -= payload
    isFinished = left == 0
    return FragmentRun(contextID: contextID, fragmentSize: fragmentSize, payload: payload, isLast: isFinished)
  }
}

/// The PDUs of one write.
struct FragmentRun {
  let contextID: UInt8
  let fragmentSize: Int
  /// In bytes, headers not counted.
  let payload: Int
  /// Whether the data set ends with it.
  let isLast: Bool

  private var fragments: Int { max(1, (payload + fragmentSize - 1) / fragmentSize) }

  /// In bytes, headers counted.
  var size: Int { payload + fragments * PDataHeader.length }

  /// Appends the PDUs, headers by us and fragments by the source.
  func write(to buffer: inout ByteBuffer, from source: any DataSetSource) throws {
    try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
      let regions = layOut(in: memory)
      if payload > 0 { try source.read(into: regions) }
      return size
    }
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
