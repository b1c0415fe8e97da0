package import EscrowCore

/// What a file without a row turns out to be.
package enum Inspection: Sendable, Equatable {
  /// Whole and durable: it may be admitted.
  case complete(SpoolRecord)
  /// Never acknowledged, or damaged since: it belongs with the orphans.
  case incomplete(reason: String)
}

extension Spool {
  /// Reads all of a file and makes it durable, so that it can be admitted without having been received now. Blocks.
  ///
  /// A complete envelope alone says little after a power cut: it may have reached the device before the bytes. Nor does
  /// what memory has of the file: the process that wrote it may have died of a sync that failed, and the next sync
  /// says nothing of that. Hence all of it is read from the device, after the sync.
  ///
  /// - Parameter observer: sees the data set; what it saw counts only for `complete`.
  package func inspect(_ file: InstanceID, observer: (any ChunkObserver)? = nil) throws -> Inspection {
    do {
      let (shard, name) = try SpoolNames.place(of: file)
      let directory = try disk.openDirectory(shard, in: root)
      let seen = try open(file, name: name, in: directory)
      try disk.sync(seen.file)
      try disk.syncDirectory(directory)
      disk.forgetCached(seen.file)
      let reader = try open(file, name: name, in: directory)
      try reader.forEachChunk { observer?.observe($0) }
      return .complete(reader.record)
    } catch SpoolError.damaged(_, let reason) {
      return .incomplete(reason: reason)
    }
  }

  /// Puts a file that nobody was told about aside, where people can look at it for a while. Blocks.
  package func moveToOrphans(_ file: InstanceID) throws {
    let (shard, name) = try SpoolNames.place(of: file)
    try putAside(name, in: try disk.openDirectory(shard, in: root))
  }

  /// Moves a name to the orphans, durably.
  func putAside(_ name: String, in directory: DiskHandle) throws {
    let orphans = try disk.openDirectory(SpoolNames.orphans, in: root)
    try disk.rename(name, in: directory, to: name, in: orphans)
    try disk.syncDirectory(orphans)
    try disk.syncDirectory(directory)
  }

  /// Removes orphans put aside longer than `age` ago. Returns how many. Blocks.
  package func sweepOrphans(olderThan age: Duration, now: Timestamp) throws -> Int {
    let orphans = try disk.openDirectory(SpoolNames.orphans, in: root)
    let old = try disk.list(orphans).filter { name in
      // What is called otherwise or cannot be opened is not ours.
      guard SpoolNames.id(of: name) != nil, let file = try? disk.openFile(name, in: orphans) else { return false }
      let facts = try disk.facts(of: file)
      return facts.isRegular && facts.changedAt < now - age
    }
    for name in old { try disk.unlink(name, in: orphans) }
    if !old.isEmpty { try disk.syncDirectory(orphans) }
    return old.count
  }
}
