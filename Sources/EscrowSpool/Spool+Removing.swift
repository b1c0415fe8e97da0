package import EscrowCore
import Glibc

extension Spool {
  /// Removes files for good: when this returns, none comes back after a power cut. A missing one is fine.
  ///
  /// - Throws: ``SpoolError``; then some may be gone and some not, and calling again is safe.
  package func remove(_ files: [InstanceID]) async throws {
    try await pool.runIfActive { try self.removeBlocking(files) }
  }

  /// As ``remove(_:)``, on the caller's thread.
  ///
  /// Each directory is synced once, also when nothing was left to unlink in it: an earlier call may have failed
  /// between the two. What has the name of one of the files and is another instance's, or no file, is nothing that
  /// anybody decided to remove: it is put aside.
  package func removeBlocking(_ files: [InstanceID]) throws {
    let places = try files.map(SpoolNames.place(of:))
    for (shard, places) in Dictionary(grouping: places, by: \.shard).sorted(by: { $0.key < $1.key }) {
      let directory = try disk.openDirectory(shard, in: root)
      for place in places { try remove(place.file, in: directory) }
      try disk.syncDirectory(directory)
    }
  }

  private func remove(_ name: String, in directory: DiskHandle) throws {
    guard let file = SpoolNames.id(of: name), try !isOfAnother(file, name: name, in: directory) else {
      return try putAside(name, in: directory)
    }
    do {
      try disk.unlink(name, in: directory)
    } catch let error as SpoolError where error.code == EISDIR {
      try putAside(name, in: directory)
    }
  }
}
