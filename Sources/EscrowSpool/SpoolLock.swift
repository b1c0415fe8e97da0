import Glibc

/// The lock that keeps a spool to one process, and says which.
enum SpoolLock {
  /// Takes the lock until the handle goes, also when the process is killed.
  /// - Throws: ``SpoolError/inUse(path:holder:)`` if another process has it.
  static func take(in root: DiskHandle, on disk: any SpoolDisk, path: String) throws -> DiskHandle {
    do {
      let lock = try disk.lockFile(SpoolNames.lock, in: root)
      try disk.writeAll(holder(getpid()), at: 0, to: lock)
      return lock
    } catch let error as SpoolError where error.code == EWOULDBLOCK {
      throw SpoolError.inUse(path: path, holder: readHolder(in: root, on: disk))
    }
  }

  /// Always as many bytes, so that a shorter number leaves nothing of a longer one behind.
  private static func holder(_ process: pid_t) -> [UInt8] {
    let digits = Array(String(process).utf8)
    return digits + [UInt8](repeating: UInt8(ascii: " "), count: 15 - digits.count) + [UInt8(ascii: "\n")]
  }

  private static func readHolder(in root: DiskHandle, on disk: any SpoolDisk) -> String? {
    guard let file = try? disk.openFile(SpoolNames.lock, in: root),
      let bytes = try? disk.readAll(16, at: 0, from: file)
    else { return nil }
    let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
  }
}
