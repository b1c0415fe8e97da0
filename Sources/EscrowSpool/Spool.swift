package import DICOM
package import EscrowCore
import NIOConcurrencyHelpers

/// The files of all instances we hold: a directory of 256 shards that one process uses at a time.
package final class Spool: Sendable {
  /// Where it is, as configured.
  package let path: String
  /// Where everything that blocks is to run.
  package let pool: IOThreads
  /// What an operator should know of the file system, found when the spool was opened.
  package let warnings: [String]
  /// The file system that it lies on.
  package let volume: Volume
  let disk: any SpoolDisk
  let root: DiskHandle
  let maximumLength: Int64
  let chunks = ChunkPool(limit: 16)
  let boxedIdentity: NIOLockedValueBox<SpoolIdentity>
  private let lock: DiskHandle

  /// Opens the spool at `path`, laid out first if there is none; no other process can until this goes. Blocks.
  ///
  /// - Parameters:
  ///   - pool: threads for writing, verifying and removing, already started.
  ///   - ledgerID: what the ledger calls itself, see ``pair(withLedger:)``.
  ///   - maximumLength: of a data set, in bytes.
  ///   - adopting: whether files without an identity are made a spool of their own.
  /// - Throws: ``SpoolError``; ``SpoolError/inUse(path:holder:)`` if another process has it.
  package static func open(
    path: String, disk: any SpoolDisk = PosixDisk(), pool: IOThreads, ledgerID: String? = nil,
    maximumLength: Int64 = .max, adopting: Bool = false
  ) throws -> Spool {
    let root = try disk.openRoot(path)
    let lock = try SpoolLock.take(in: root, on: disk, path: path)
    try layOut(root, on: disk)
    let identity = try SpoolIdentity.readOrCreate(in: root, on: disk, adopting: adopting)
    let spool = Spool(
      path: path, disk: disk, root: root, lock: lock, pool: pool, identity: identity,
      warnings: try warnings(of: root, on: disk, path: path), maximumLength: maximumLength)
    if let ledgerID { try spool.pair(withLedger: ledgerID) }
    return spool
  }

  private init(
    path: String, disk: any SpoolDisk, root: DiskHandle, lock: DiskHandle, pool: IOThreads,
    identity: SpoolIdentity, warnings: [String], maximumLength: Int64
  ) {
    self.path = path
    self.disk = disk
    self.root = root
    self.lock = lock
    self.pool = pool
    self.warnings = warnings
    self.maximumLength = maximumLength
    boxedIdentity = NIOLockedValueBox(identity)
    volume = Volume(
      .spool, path: path, ballast: Ballast(SpoolNames.ballast, in: root, on: disk), directory: root, disk: disk)
  }

  /// A writer for a new instance's file, which the first bytes create.
  ///
  /// - Parameters:
  ///   - id: never used before.
  ///   - observer: sees every byte of the data set.
  ///   - onDrained: see ``SpoolWriter/append(_:)``.
  package func writer(
    id: InstanceID, sop: SOPInstance, transferSyntax: UID, source: Source, receivedAt: Timestamp,
    observer: (any ChunkObserver)? = nil, onDrained: @escaping @Sendable () -> Void
  ) throws -> SpoolWriter {
    let file = try file(id: id, sop: sop, transferSyntax: transferSyntax, source: source, receivedAt: receivedAt)
    return SpoolWriter(file, in: self, observer: observer, onDrained: onDrained)
  }

  /// As ``writer(id:sop:transferSyntax:source:receivedAt:observer:onDrained:)``, but its steps block the caller.
  package func file(
    id: InstanceID, sop: SOPInstance, transferSyntax: UID, source: Source, receivedAt: Timestamp
  ) throws -> FileInProgress {
    _ = try SpoolNames.place(of: id)
    let record = SpoolRecord(
      id: id, sop: sop, transferSyntax: transferSyntax, source: source, receivedAt: receivedAt, dataSetLength: 0,
      digest: Digest(high: 0, low: 0))
    return try FileInProgress(record, in: self)
  }

  /// Makes all directories at once and durable, so that later only the files' own names need it.
  private static func layOut(_ root: DiskHandle, on disk: any SpoolDisk) throws {
    for name in SpoolNames.shards + [SpoolNames.orphans] {
      try disk.makeDirectory(name, in: root)
    }
    try disk.syncDirectory(root)
  }

  private static func warnings(of root: DiskHandle, on disk: any SpoolDisk, path: String) throws -> [String] {
    switch try disk.usage(of: root).kind {
    case .local: []
    case .memory: ["the spool \(path) is in memory: what it holds is gone with the power"]
    case .overlay: ["the spool \(path) is on a container's own layer: mount a volume, or it is gone with the container"]
    case .network: ["the spool \(path) is on a network file system: use a hard mount and a synchronous export"]
    }
  }
}
