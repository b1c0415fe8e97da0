import DICOM
import DICOMProtocol
import Foundation
import NIOConcurrencyHelpers
import NIOPosix

/// The archive's files and what is in them.
final class ArchiveStore: Sendable {
  let directory: String
  let pool: NIOThreadPool
  private let index = NIOLockedValueBox<[UID: UID]>([:])

  /// Opens or creates the directory and reads what its files hold.
  init(directory: String, pool: NIOThreadPool) throws {
    self.directory = directory
    self.pool = pool
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      let path = "\(directory)/\(name)"
      if name.hasSuffix(".part") {
        try FileManager.default.removeItem(atPath: path)
      } else if let sop = try? Self.content(of: path) {
        // A file that cannot be read is not vouched for; that is all.
        note(sop)
      }
    }
  }

  /// A new file's path: our own name, never one from the network.
  func newPath() -> String { "\(directory)/\(UUID().uuidString.lowercased())" }

  /// The instance is durable now.
  func note(_ sop: SOPInstance) { index.withLockedValue { $0[sop.instanceUID] = sop.classUID } }

  /// What can be said of the instances that are asked for: 0112H for unknown ones, 0119H for another class.
  func report(on request: CommitmentActionInformation) -> CommitmentEventInformation {
    let known = index.withLockedValue { $0 }
    var committed: [SOPInstance] = []
    var failed: [CommitmentEventInformation.Failure] = []
    for sop in request.references {
      switch known[sop.instanceUID] {
      case sop.classUID: committed.append(sop)
      case nil: failed.append(.init(sop: sop, reason: Status.noSuchSOPInstance.rawValue))
      default: failed.append(.init(sop: sop, reason: Status.classInstanceConflict.rawValue))
      }
    }
    return CommitmentEventInformation(
      transactionUID: request.transactionUID, committed: committed, failed: failed)
  }

  private static func content(of path: String) throws -> SOPInstance? {
    guard path.hasSuffix(".dcm"), let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    let start = try file.read(upToCount: 4096) ?? Data()
    return try FileMeta.decode([UInt8](start)).meta.sopInstance
  }
}
