package import EscrowCore

/// The file system as the spool needs it: synchronous, relative to open directories, one call for one effect.
///
/// Everything the spool does goes through here, so that tests can put a simulated or a failing disk in its place.
/// Every call throws ``SpoolError/disk(operation:path:errno:)``. Calls block: never on an event loop.
package protocol SpoolDisk: Sendable {
  /// Opens the spool's own directory; what is missing of its path is created and made durable.
  func openRoot(_ path: String) throws -> DiskHandle

  /// Opens a directory, never through a symbolic link.
  func openDirectory(_ name: String, in directory: DiskHandle) throws -> DiskHandle

  /// Makes a directory for its owner only, unless it is there.
  func makeDirectory(_ name: String, in directory: DiskHandle) throws

  /// Creates a file for its owner only and opens it for reading and writing; fails if the name is taken.
  func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle

  /// Opens a file for reading, never through a symbolic link.
  func openFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle

  /// Opens or creates a file and locks it until the handle goes; fails with `EWOULDBLOCK` if it is locked.
  func lockFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle

  /// Writes the regions one after the other from `offset` on. Returns how many bytes, which may be fewer.
  func write(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws -> Int

  /// Makes an empty file so long, with room on the device for all of it.
  func reserve(_ count: Int64, for file: DiskHandle) throws

  /// Fills the regions one after the other from `offset` on. Returns how many bytes, which may be fewer; 0 at the end.
  func read(into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle) throws -> Int

  /// What the file system knows of an open file.
  func facts(of file: DiskHandle) throws -> FileFacts

  /// Returns when the file's bytes and length would survive a power cut. A failure means that they are lost.
  func sync(_ file: DiskHandle) throws

  /// Returns when the names in the directory would survive a power cut.
  func syncDirectory(_ directory: DiskHandle) throws

  /// Hints that these bytes may go to the device now. Promises nothing, hence cannot fail.
  func startWriteback(of file: DiskHandle, from offset: Int64, count: Int64)

  /// Hints that the file will be read from its start to its end.
  func expectSequentialReads(of file: DiskHandle)

  /// Lets what is read next come from the device, not from memory, where the system can do that. After a sync that
  /// failed, memory may hold what the device never took.
  func forgetCached(_ file: DiskHandle)

  /// Removes a name. A missing one is fine.
  func unlink(_ name: String, in directory: DiskHandle) throws

  /// Gives a file another name, in place of whatever has that name.
  func rename(_ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle) throws

  /// The names in a directory, without `.` and `..`, in any order.
  func list(_ directory: DiskHandle) throws -> [String]

  /// How full the file system is that holds the directory.
  func usage(of directory: DiskHandle) throws -> DiskUsage
}

/// An open file or directory, closed when the last reference goes.
///
/// Closing reports nothing: whatever has to be durable was synced before, and a failed close loses no synced byte.
package final class DiskHandle: Sendable {
  package let descriptor: Int32
  /// For error texts only; nothing is opened by it.
  package let path: String
  private let close: @Sendable (Int32) -> Void

  package init(descriptor: Int32, path: String, close: @escaping @Sendable (Int32) -> Void) {
    self.descriptor = descriptor
    self.path = path
    self.close = close
  }

  deinit { close(descriptor) }
}

/// What the file system knows of a file.
package struct FileFacts: Sendable, Equatable {
  /// In bytes.
  package var size: Int64
  /// Not a directory, pipe or device.
  package var isRegular: Bool
  /// When its content, its name or another property changed last.
  package var changedAt: Timestamp

  package init(size: Int64, isRegular: Bool, changedAt: Timestamp) {
    self.size = size
    self.isRegular = isRegular
    self.changedAt = changedAt
  }
}

/// How full a file system is, and of what kind.
package struct DiskUsage: Sendable, Equatable {
  /// Bytes that we may still use.
  package var freeBytes: Int64
  package var totalBytes: Int64
  /// 0 of 0 where the file system does not count them.
  package var freeInodes: Int64
  package var totalInodes: Int64
  package var kind: FileSystemKind
  /// Nothing can be written or removed.
  package var isReadOnly: Bool
  /// The same for two directories on one file system; 0 if that is not known.
  package var device: UInt64

  package init(
    freeBytes: Int64, totalBytes: Int64, freeInodes: Int64, totalInodes: Int64, kind: FileSystemKind = .local,
    isReadOnly: Bool = false, device: UInt64 = 0
  ) {
    self.freeBytes = freeBytes
    self.totalBytes = totalBytes
    self.freeInodes = freeInodes
    self.totalInodes = totalInodes
    self.kind = kind
    self.isReadOnly = isReadOnly
    self.device = device
  }
}

/// What a file system's promise to have synced is worth.
package enum FileSystemKind: Sendable, Equatable {
  case local
  /// tmpfs or ramfs: gone with the power.
  case memory
  /// overlayfs, usually a container's own layer: gone with the container.
  case overlay
  /// NFS or SMB: depends on the server's export and the mount.
  case network
}
