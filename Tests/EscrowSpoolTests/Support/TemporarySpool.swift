import DICOM
import EscrowCore
import EscrowSpool
import Foundation
import NIOCore

/// A directory of its own for one test, removed with it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "escrow-spool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The paths of all files below, without those that every spool has.
  func instanceFiles() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).filter { $0.hasSuffix(".dcm") }.sorted()
  }
}

/// A spool on the real file system.
struct TemporarySpool {
  let directory: TemporaryDirectory
  let spool: Spool

  init(
    disk: any SpoolDisk = PosixDisk(), pool: IOThreads = .singleton, maximumLength: Int64 = .max
  ) throws {
    directory = try TemporaryDirectory()
    spool = try Spool.open(path: directory.path, disk: disk, pool: pool, maximumLength: maximumLength)
  }

  /// Where the file of `id` is.
  func path(of id: InstanceID) -> String { "\(directory.path)/\(id.rawValue.suffix(2))/\(id).dcm" }

  func contents(of id: InstanceID) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(of: id))))
  }

  func replace(_ id: InstanceID, with bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path(of: id)))
  }

  /// Writes a data set in fragments and finishes.
  func write(_ bytes: [UInt8], as id: InstanceID, fragment: Int = 16_384) async throws -> SpooledFile {
    let writer = try spool.writer(for: id)
    append(bytes, to: writer, fragment: fragment)
    return try await writer.finish()
  }
}

/// Hands over all bytes without minding back-pressure.
func append(_ bytes: [UInt8], to writer: SpoolWriter, fragment: Int = 16_384) {
  for start in stride(from: 0, to: bytes.count, by: fragment) {
    _ = writer.append(ByteBuffer(bytes: bytes[start..<min(start + fragment, bytes.count)]))
  }
}

extension Spool {
  static let sampleSOP = SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: "1.2.3.4.5")
  static let sampleSource = Source(
    callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: "ct-one", association: "a-17")
  static let sampleTime = Timestamp(microseconds: 1_764_000_000_123_456)

  func writer(
    for id: InstanceID, observer: (any ChunkObserver)? = nil, onDrained: @escaping @Sendable () -> Void = {}
  ) throws -> SpoolWriter {
    try writer(
      id: id, sop: Spool.sampleSOP, transferSyntax: "1.2.840.10008.1.2.1", source: Spool.sampleSource,
      receivedAt: Spool.sampleTime, observer: observer, onDrained: onDrained)
  }

  func file(for id: InstanceID) throws -> FileInProgress {
    try file(
      id: id, sop: Spool.sampleSOP, transferSyntax: "1.2.840.10008.1.2.1", source: Spool.sampleSource,
      receivedAt: Spool.sampleTime)
  }
}

extension InstanceID {
  /// Any new id.
  static func any() -> InstanceID { .new(at: Spool.sampleTime) }
}

extension SpoolReader {
  /// All that is left of the data set.
  func readToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachChunk { bytes += $0 }
    return bytes
  }
}

/// Bytes that differ from place to place: noise that repeats after a prime number of bytes, so that no two chunks
/// are the same.
func pattern(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
  var value = UInt32(seed)
  let block: [UInt8] = (0..<4093).map { _ in
    value = value &* 1_664_525 &+ 1_013_904_223
    return UInt8(value >> 24)
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + block.count)
  while bytes.count < count { bytes += block }
  bytes.removeLast(bytes.count - count)
  return bytes
}
