import EscrowCore
import NIOConcurrencyHelpers

/// Reads one file's data set from its start to its end and knows, at the end, whether these are the bytes received.
///
/// One call at a time, on a thread that may block. The file is closed when this goes.
package final class SpoolReader: Sendable {
  /// What the file says of itself.
  package let record: SpoolRecord
  /// Where in the file the data set begins, in bytes.
  package let dataSetOffset: Int64
  let file: DiskHandle
  private let disk: any SpoolDisk
  private let digest = StreamDigest()
  private let position = NIOLockedValueBox<Int64>(0)

  init(_ record: SpoolRecord, dataSetOffset: Int64, file: DiskHandle, on disk: any SpoolDisk) {
    self.record = record
    self.dataSetOffset = dataSetOffset
    self.file = file
    self.disk = disk
  }

  /// Of the data set, in bytes.
  package var length: Int { Int(record.dataSetLength) }

  /// Fills the regions one after the other with the bytes that follow those of the last call.
  ///
  /// With the last byte the digest is known. If it is wrong this throws, and what it put into the regions must not be
  /// used: whoever sends nothing of a call that threw never sends a damaged data set whole.
  ///
  /// - Parameter regions: together never longer than what is left.
  /// - Throws: ``SpoolError/damaged(file:reason:)`` for missing bytes or a wrong digest.
  package func read(into regions: [UnsafeMutableRawBufferPointer]) throws {
    try position.withLockedValue { position in
      let count = regions.reduce(0) { $0 + $1.count }
      precondition(Int64(count) <= record.dataSetLength - position, "a read beyond the end of the data set")
      let filled = try disk.readAll(into: regions, at: dataSetOffset + position, from: file)
      guard filled == count else { throw damaged("it ends \(count - filled) bytes too early") }
      for region in regions { digest.update(UnsafeRawBufferPointer(region)) }
      position += Int64(count)
      if position == record.dataSetLength { try checkDigest() }
    }
  }

  /// Hands what is left of the data set to `body`, piece by piece, and checks the digest at the end.
  ///
  /// What `body` made of the bytes counts only when this returns.
  package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var left = length - Int(position.withLockedValue { $0 })
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(left, ChunkPool.chunkSize), alignment: MemoryLayout<UInt64>.alignment)
    defer { buffer.deallocate() }
    while left > 0 {
      let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(left))
      try read(into: [chunk])
      try body(UnsafeRawBufferPointer(chunk))
      left -= chunk.count
    }
  }

  /// Reads the next bytes, at most `maximum`, for nothing but the digest. Returns how many; 0 when all were right.
  package func check(_ maximum: Int) throws -> Int {
    let count = min(maximum, length - Int(position.withLockedValue { $0 }))
    guard count > 0 else {
      disk.forgetCached(file)
      return 0
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: count, alignment: MemoryLayout<UInt64>.alignment)
    defer { buffer.deallocate() }
    try read(into: [buffer])
    return count
  }

  /// The first bytes of the data set, fewer than `maximum` only if there are no more. Moves nothing, checks nothing.
  package func readPrefix(_ maximum: Int) throws -> [UInt8] {
    try disk.readAll(min(maximum, length), at: dataSetOffset, from: file)
  }

  /// The preamble and the File Meta Information, as they are in the file.
  package func readFileMeta() throws -> [UInt8] { try disk.readAll(Int(dataSetOffset), at: 0, from: file) }

  func checkDigest() throws {
    guard digest.value == record.digest else { throw damaged("its bytes are not those received") }
  }

  private func damaged(_ reason: String) -> SpoolError { .damaged(file: record.id, reason: reason) }
}
