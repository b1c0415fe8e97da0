/// Room that is kept for the day when the disk is full: a file that is removed then, so that deletes and the ledger's
/// log can go on, and made again when there is room.
package struct Ballast: Sendable {
  private let name: String
  private let directory: DiskHandle
  private let disk: any SpoolDisk

  package init(_ name: String, in directory: DiskHandle, on disk: any SpoolDisk) {
    self.name = name
    self.directory = directory
    self.disk = disk
  }

  /// What is right for a file system, in bytes: a 64th, but from 1 to 32 MiB.
  package static func size(for usage: DiskUsage) -> Int64 { min(max(usage.totalBytes / 64, 1 << 20), 32 << 20) }

  /// How many bytes it keeps now.
  package func kept() throws -> Int64 {
    do {
      return try disk.facts(of: disk.openFile(name, in: directory)).size
    } catch let error as SpoolError where error.isMissing {
      return 0
    }
  }

  /// Makes it anew. What cannot be made whole is not left behind.
  package func make(_ size: Int64) throws {
    try disk.unlink(name, in: directory)
    do {
      let file = try disk.createFile(name, in: directory)
      try disk.reserve(size, for: file)
      try disk.sync(file)
      try disk.syncDirectory(directory)
    } catch {
      try? disk.unlink(name, in: directory)
      throw error
    }
  }

  /// Gives its room back.
  package func free() throws {
    try disk.unlink(name, in: directory)
    try disk.syncDirectory(directory)
  }
}
