package import DICOM
import DICOMNetwork
import NIOConcurrencyHelpers

/// A multi-frame instance of any size that is never in memory, its pixels a pattern.
package struct LargeInstance: Sendable {
  package let sop: SOPInstance
  /// Of the whole data set, in bytes.
  package let length: Int
  /// What stands before the first pixel.
  let head: [UInt8]

  /// - Parameters:
  ///   - pixelBytes: an even number below 4 GiB.
  ///   - isImplicit: Implicit VR Little Endian, as it comes out of a re-encoding, instead of Explicit.
  package init(seed: UInt64 = 1, pixelBytes: Int, isImplicit: Bool = false) {
    let sample = SampleInstance(modality: .multiFrame, seed: seed, pixelBytes: 0)
    var content = sample.content
    content.remove(.pixelData)
    let length = withUnsafeBytes(of: UInt32(pixelBytes).littleEndian) { Array($0) }
    sop = sample.sop
    let vr: [UInt8] = isImplicit ? [] : [0x4F, 0x57, 0, 0]
    head =
      content.encoded(as: isImplicit ? .implicitLittleEndian : .explicitLittleEndian, sequences: .undefined)
      + [0xE0, 0x7F, 0x10, 0] + vr + length
    self.length = head.count + pixelBytes
  }

  /// Writes the bytes of the data set from `position` on.
  func write(to memory: UnsafeMutableRawBufferPointer, from position: Int) {
    let headBytes = max(0, min(memory.count, head.count - position))
    if headBytes > 0 {
      memory.copyBytes(from: head[position..<position + headBytes])
    }
    let pixels = UnsafeMutableRawBufferPointer(rebasing: memory[headBytes...])
    BytePattern.write(to: pixels, from: position + headBytes - head.count)
  }

  /// Whether these are the bytes of the data set from `position` on.
  func matches(_ memory: UnsafeRawBufferPointer, at position: Int) -> Bool {
    let headBytes = max(0, min(memory.count, head.count - position))
    guard headBytes == 0 || memory.prefix(headBytes).elementsEqual(head[position..<position + headBytes]) else {
      return false
    }
    let pixels = UnsafeRawBufferPointer(rebasing: memory[headBytes...])
    return BytePattern.matches(pixels, at: position + headBytes - head.count)
  }
}

/// The data set of a ``LargeInstance`` on its way out.
final class LargeSource: DataSetSource {
  let length: Int
  private let instance: LargeInstance
  private let position = NIOLockedValueBox(0)

  init(_ instance: LargeInstance) {
    self.instance = instance
    length = instance.length
  }

  func read(into regions: [UnsafeMutableRawBufferPointer]) {
    position.withLockedValue { position in
      for region in regions {
        instance.write(to: region, from: position)
        position += region.count
      }
    }
  }
}
