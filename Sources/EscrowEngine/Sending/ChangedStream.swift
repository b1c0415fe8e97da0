import DICOM
import DICOMNetwork
import EscrowCore
import EscrowSpool
import NIOConcurrencyHelpers

/// A spool file as the data set of a C-STORE-RQ in another transfer syntax than it is stored in, or edited, or both, which
/// is done while it is sent. The file is opened by the first read, on the I/O thread.
///
/// Holds a piece of the file and what it becomes, however large the instance is. The digest of the stored bytes is
/// known before the last byte is handed out: a damaged file never leaves whole.
///
/// Unchecked, because the passage is not Sendable by itself: this object owns it alone, never hands it out, and holds
/// the lock whenever it touches it.
final class ChangedStream: DataSetStream, @unchecked Sendable {
  /// Bytes of the file that are read at once.
  fileprivate static let pieceSize = 128 * 1024
  /// Of deflated bytes, which may become a thousand times as many, so many are taken at once.
  private static let deflatedPieceSize = 1024

  private let claim: Claim
  private let target: TransferSyntax
  private let edits: [Tag: DataSetEdit]
  private let spool: Spool
  private let lock = NIOLock()
  private var work: Work?

  fileprivate struct Work {
    let reader: SpoolReader
    let passage: DataSetPassage
    /// Bytes of the file that were not read yet.
    var unread: Int
    /// Bytes that were read, up to `inputEnd`, and passed on, up to `inputPosition`.
    var input = [UInt8](repeating: 0, count: ChangedStream.pieceSize)
    var inputPosition = 0
    var inputEnd = 0
    /// What they became and was not handed out yet.
    var output: [UInt8] = []
    var outputPosition = 0
    var isFinished = false
  }

  /// Throws ``EditingError`` when what its terms say cannot be done to any data set.
  init(claim: Claim, target: TransferSyntax, spool: Spool) throws(EditingError) {
    self.claim = claim
    self.target = target
    edits = try claim.terms.edits.compiled()
    self.spool = spool
  }

  func read(into regions: [UnsafeMutableRawBufferPointer]) throws -> DataSetPiece {
    try lock.withLock {
      var current = try work ?? begin()
      // The one reference to its buffers while it changes them.
      work = nil
      defer { work = current }
      do {
        return try current.fill(regions, pieceSize: pieceSize)
      } catch let error where error is RecodingError || error is EditingError {
        // What cannot be changed may be so because it is not what was received, which weighs more.
        try current.reader.forEachChunk { _ in }
        throw error
      }
    }
  }

  private var source: TransferSyntax { TransferSyntax(claim.transferSyntax) }

  private var pieceSize: Int { source.isDeflated ? Self.deflatedPieceSize : Self.pieceSize }

  private func begin() throws -> Work {
    let passage = try DataSetPassage(
      from: source, to: target, edits: edits,
      inflatedLimit: Self.inflatedLimit(ofDeflated: Int(claim.dataSetLength)))
    return Work(reader: try spool.open(claim), passage: passage, unread: Int(claim.dataSetLength))
  }

  /// What a deflated data set may become: hundredfold, which images hardly reach, or as much as harms nobody.
  static func inflatedLimit(ofDeflated count: Int) -> Int { max(count.multipliedClamping(by: 100), 256 << 20) }
}

extension Int {
  fileprivate func multipliedClamping(by factor: Int) -> Int {
    let (product, isTooLarge) = multipliedReportingOverflow(by: factor)
    return isTooLarge ? .max : product
  }
}

extension ChangedStream.Work {
  mutating func fill(_ regions: [UnsafeMutableRawBufferPointer], pieceSize: Int) throws -> DataSetPiece {
    var count = 0
    for region in regions {
      var filled = 0
      while filled < region.count, try hasOutput(pieceSize: pieceSize) {
        filled += copyOutput(to: UnsafeMutableRawBufferPointer(rebasing: region[filled...]))
      }
      count += filled
      guard filled == region.count else { break }
    }
    return DataSetPiece(count: count, isLast: try !hasOutput(pieceSize: pieceSize))
  }

  /// Whether there is something to hand out; passes on what comes next when there is not.
  private mutating func hasOutput(pieceSize: Int) throws -> Bool {
    while outputPosition == output.count, !isFinished {
      output.removeAll(keepingCapacity: true)
      outputPosition = 0
      try pass(pieceSize)
    }
    return outputPosition < output.count
  }

  private mutating func copyOutput(to region: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(region.count, output.count - outputPosition)
    output.withUnsafeBytes {
      region.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[outputPosition..<outputPosition + count]))
    }
    outputPosition += count
    return count
  }

  private mutating func pass(_ pieceSize: Int) throws {
    if inputPosition == inputEnd { try readInput() }
    guard inputPosition < inputEnd else {
      isFinished = true
      return try passage.finish(into: &output)
    }
    let end = min(inputPosition + pieceSize, inputEnd)
    try input.withUnsafeBytes {
      try passage.take(UnsafeRawBufferPointer(rebasing: $0[inputPosition..<end]), into: &output)
    }
    inputPosition = end
  }

  private mutating func readInput() throws {
    inputPosition = 0
    inputEnd = min(unread, input.count)
    guard inputEnd > 0 else { return }
    try input.withUnsafeMutableBytes {
      try reader.read(into: [UnsafeMutableRawBufferPointer(rebasing: $0[..<inputEnd])])
    }
    unread -= inputEnd
  }
}
