import DICOM

/// Gray noise of a given size, in frames of 16-bit pixels (PS3.3 §C.7.6.3).
struct SamplePixels {
  private let columns: Int
  private let rows: Int
  private let frames: [[UInt8]]

  /// - Parameter bytes: of all frames together; a size that is no rectangle of pixels is rounded down to one.
  init(bytes: Int, frames count: Int, generator: inout SeededGenerator) {
    let pixels = max(0, bytes) / 2 / count
    (columns, rows) = SamplePixels.rectangle(of: pixels)
    let size = columns * rows * 2
    frames = size == 0 ? [] : (0..<count).map { _ in generator.noise(size) }
  }

  /// Columns and rows, as near to a square as the number of pixels can be divided, each fitting in 16 bits.
  private static func rectangle(of pixels: Int) -> (columns: Int, rows: Int) {
    let side = min(Int(Double(pixels).squareRoot()), Int(UInt16.max))
    guard side > 0 else { return (0, 0) }
    let columns = (1...side).last { pixels.isMultiple(of: $0) && pixels / $0 <= UInt16.max } ?? side
    return (columns, min(pixels / columns, Int(UInt16.max)))
  }

  func elements(_ transferSyntax: TransferSyntax) -> [DataElement] {
    guard !frames.isEmpty else { return [] }
    var elements = [
      DataElement(Tag(0x0028, 0x0002), unsignedShort: 1),
      DataElement(Tag(0x0028, 0x0004), .cs, text: "MONOCHROME2"),
      DataElement(.rows, unsignedShort: UInt16(rows)),
      DataElement(.columns, unsignedShort: UInt16(columns)),
      DataElement(Tag(0x0028, 0x0100), unsignedShort: 16),
      DataElement(Tag(0x0028, 0x0101), unsignedShort: 16),
      DataElement(Tag(0x0028, 0x0102), unsignedShort: 15),
      DataElement(Tag(0x0028, 0x0103), unsignedShort: 0),
    ]
    if frames.count > 1 { elements.append(DataElement(.numberOfFrames, .is, text: String(frames.count))) }
    elements.append(pixelData(transferSyntax))
    return elements
  }

  /// One fragment a frame where the transfer syntax wants fragments; noise in JPEG's markers stands for compressed data.
  private func pixelData(_ transferSyntax: TransferSyntax) -> DataElement {
    guard transferSyntax.isEncapsulated else {
      return DataElement(.pixelData, .ow, .bytes(frames.reduce(into: []) { $0 += $1 }))
    }
    guard transferSyntax != .encapsulatedUncompressed else {
      return DataElement(.pixelData, .ob, .fragments([[]] + frames))
    }
    let fragments = frames.map { [0xFF, 0xD8] + $0.map { $0 & 0x7F } + [0xFF, 0xD9] }
    return DataElement(.pixelData, .ob, .fragments([[]] + fragments))
  }
}
