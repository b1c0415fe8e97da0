package import EscrowCore

extension Spool {
  /// The orphans that say in a whole header that they are complete, whatever their bytes are. Blocks.
  package func completeOrphans() throws -> [InstanceID] {
    let orphans = try disk.openDirectory(SpoolNames.orphans, in: root)
    return try disk.list(orphans).compactMap(SpoolNames.id(of:)).sorted().filter { file in
      guard let (_, name) = try? SpoolNames.place(of: file) else { return false }
      return (try? open(file, name: name, in: orphans)) != nil
    }
  }

  /// Moves an orphan back to where instances are, durably; false when its name is taken there. Blocks.
  package func takeBack(orphan file: InstanceID) throws -> Bool {
    let (shard, name) = try SpoolNames.place(of: file)
    let directory = try disk.openDirectory(shard, in: root)
    guard try !disk.list(directory).contains(name) else { return false }
    let orphans = try disk.openDirectory(SpoolNames.orphans, in: root)
    try disk.rename(name, in: orphans, to: name, in: directory)
    try disk.syncDirectory(directory)
    try disk.syncDirectory(orphans)
    return true
  }
}
