import EscrowCore
import NIOConcurrencyHelpers

/// Which spool this is and which ledger it belongs to.
package struct SpoolIdentity: Sendable, Equatable {
  /// A UUID made when the spool was laid out.
  package var id: String
  /// What the ledger calls itself; nil until they are paired.
  package var ledgerID: String?

  package init(id: String, ledgerID: String? = nil) {
    self.id = id
    self.ledgerID = ledgerID
  }

  /// What the spool at `path` says of itself; nil when there is none. Changes nothing.
  ///
  /// - Throws: ``SpoolError/missingIdentity(path:)`` when there are files that nothing is said of.
  package static func find(at path: String) throws -> SpoolIdentity? {
    let disk = PosixDisk()
    guard let root = try ifPresent({ try disk.openExisting(path) }) else { return nil }
    if let identity = try ifPresent({ try read(in: root, on: disk) }) { return identity }
    guard try isEmpty(root, on: disk) else { throw missing(in: root) }
    return nil
  }

  private static func missing(in root: DiskHandle) -> SpoolError {
    .missingIdentity(path: "\(root.path)/\(SpoolNames.identity)")
  }

  private static func ifPresent<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
      return try body()
    } catch let error as SpoolError where error.isMissing {
      return nil
    }
  }

  /// The identity on disk; a spool without one gets one.
  ///
  /// - Parameter adopting: also when it has files already.
  /// - Throws: ``SpoolError/missingIdentity(path:)`` when it has files, since it may be a part of another.
  static func readOrCreate(in root: DiskHandle, on disk: any SpoolDisk, adopting: Bool) throws -> SpoolIdentity {
    if let identity = try ifPresent({ try read(in: root, on: disk) }) { return identity }
    guard try adopting || isEmpty(root, on: disk) else { throw missing(in: root) }
    let identity = SpoolIdentity(id: InstanceID.new(at: .now()).rawValue)
    try identity.write(in: root, on: disk)
    return identity
  }

  /// Begins a spool of this identity at `path`, where there is none.
  package func create(at path: String) throws {
    let disk = PosixDisk()
    try write(in: try disk.openRoot(path), on: disk)
  }

  /// Replaces the identity on disk: at any moment the old or the new one is there, whole.
  func write(in root: DiskHandle, on disk: any SpoolDisk) throws {
    try disk.unlink(SpoolNames.newIdentity, in: root)
    let file = try disk.createFile(SpoolNames.newIdentity, in: root)
    try disk.writeAll(text.utf8, at: 0, to: file)
    try disk.sync(file)
    try disk.rename(SpoolNames.newIdentity, in: root, to: SpoolNames.identity, in: root)
    try disk.syncDirectory(root)
  }

  private static func isEmpty(_ root: DiskHandle, on disk: any SpoolDisk) throws -> Bool {
    try SpoolNames.shards.allSatisfy { shard in
      guard let directory = try ifPresent({ try disk.openDirectory(shard, in: root) }) else { return true }
      return try disk.list(directory).allSatisfy { SpoolNames.id(of: $0) == nil }
    }
  }

  private static let title = "escrow spool, version 1"

  private var text: String {
    "\(SpoolIdentity.title)\nid \(id)\n" + (ledgerID.map { "ledger \($0)\n" } ?? "")
  }

  private static func read(in root: DiskHandle, on disk: any SpoolDisk) throws -> SpoolIdentity {
    let file = try disk.openFile(SpoolNames.identity, in: root)
    let text = String(decoding: try disk.readAll(4096, at: 0, from: file), as: UTF8.self)
    let lines = text.split(separator: "\n")
    guard lines.first == title[...], let id = value(of: "id", in: lines), InstanceID(rawValue: id).isWellFormed
    else { throw SpoolError.malformedIdentity(path: file.path) }
    return SpoolIdentity(id: id, ledgerID: value(of: "ledger", in: lines))
  }

  private static func value(of key: String, in lines: [Substring]) -> String? {
    lines.first { $0.hasPrefix(key + " ") }.map { String($0.dropFirst(key.count + 1)) }
  }
}

extension Spool {
  /// Which spool this is and which ledger it belongs to.
  package var identity: SpoolIdentity { boxedIdentity.withLockedValue { $0 } }

  /// Binds the spool to the ledger of this name for good, or checks that it is bound to it. Blocks.
  ///
  /// - Throws: ``SpoolError/foreignLedger(path:expected:found:)`` if it is bound to another.
  package func pair(withLedger ledgerID: String) throws {
    try boxedIdentity.withLockedValue { identity in
      if identity.ledgerID == ledgerID { return }
      if let other = identity.ledgerID {
        throw SpoolError.foreignLedger(path: path, expected: ledgerID, found: other)
      }
      let paired = SpoolIdentity(id: identity.id, ledgerID: ledgerID)
      try paired.write(in: root, on: disk)
      identity = paired
    }
  }
}
