import Foundation
import Glibc

/// A real file system of a test's own, so small that it can be filled: ext4 in a file, or one in memory with few inodes.
///
/// Mounting needs rights that not every machine gives; ``whyNot`` says what is missing.
package struct SmallDisk: Sendable {
  /// Where it is mounted.
  package let path: String

  package enum Kind: Sendable {
    case ext4(megabytes: Int)
    /// In memory: its inodes are counted, and as few as one likes.
    case memory(megabytes: Int, inodes: Int)
  }

  /// Why no file system can be mounted here; nil when one can.
  package static let whyNot: String? = {
    guard geteuid() == 0 else { return "only root may mount" }
    for program in ["/sbin/mkfs.ext4", "/bin/mount", "/bin/umount"]
    where !FileManager.default.isExecutableFile(atPath: program) {
      return "\(program) is not there"
    }
    guard FileManager.default.fileExists(atPath: "/dev/loop-control") else { return "there are no loop devices" }
    let folder = FileManager.default.temporaryDirectory.path + "/escrow-mount-" + UUID().uuidString
    mkdir(folder, 0o700)
    defer { rmdir(folder) }
    guard Glibc.mount("none", folder, "tmpfs", 0, "size=64k") == 0 else {
      return "mounting is refused: \(String(cString: strerror(errno)))"
    }
    umount2(folder, Int32(MNT_DETACH))
    return nil
  }()

  /// Whether file systems can be mounted here; says so when not.
  package static var isPossible: Bool { whyNot == nil }

  /// Makes one in folder `name` of a stage, gone when the stage ends.
  package static func mount(_ kind: Kind, at name: String, on stage: Stage) async throws -> SmallDisk {
    let disk = SmallDisk(path: try stage.directory.makeFolder(name))
    switch kind {
    case .ext4(let megabytes):
      let image = stage.directory.appending("\(name).img")
      try await Command("/bin/truncate", ["-s", "\(megabytes)M", image]).check()
      try await Command("/sbin/mkfs.ext4", ["-q", "-m", "0", "-E", "lazy_itable_init=0", image]).check()
      try await Command("/bin/mount", ["-o", "loop,errors=remount-ro", image, disk.path]).check()
    case .memory(let megabytes, let inodes):
      let options = "size=\(megabytes)m,nr_inodes=\(inodes)"
      try await Command("/bin/mount", ["-t", "tmpfs", "-o", options, "none", disk.path]).check()
    }
    stage.atEnd { umount2(disk.path, Int32(MNT_DETACH)) }
    return disk
  }

  /// Bytes that are free for everybody.
  package var free: Int64 {
    var numbers = statvfs()
    guard statvfs(path, &numbers) == 0 else { return 0 }
    return Int64(numbers.f_bavail) * Int64(numbers.f_frsize)
  }

  /// Takes all room but `rest` bytes with a file of the test's own.
  package func fill(leaving rest: Int64 = 0) throws {
    let file = open(path + "/filler", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ProcessError("cannot fill \(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var end = Int(lseek(file, 0, Int32(SEEK_END)))
    // The last blocks go one by one: some of those that are free are for the file system itself.
    for step in [1 << 20, 1 << 12] {
      let block = [UInt8](repeating: 0xA5, count: step)
      while free >= rest + Int64(step) {
        let count = pwrite(file, block, step, end)
        guard count > 0 else { break }
        end += count
      }
    }
    fsync(file)
  }

  /// Takes all inodes but some.
  package func fillInodes(leaving rest: Int = 0) throws {
    let folder = path + "/filler.d"
    mkdir(folder, 0o700)
    var numbers = statvfs()
    var count = 0
    while statvfs(path, &numbers) == 0, Int(numbers.f_ffree) > rest {
      let file = open("\(folder)/\(count)", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
      guard file >= 0 else { return }
      close(file)
      count += 1
    }
  }

  /// Gives back what was taken.
  package func relieve() throws {
    for name in ["filler", "filler.d"] where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
      try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
  }

  /// Breaks it as a failing device does: the kernel makes it read-only (`errors=remount-ro`), whoever writes to it.
  package func breakDown() throws {
    let mounts = try String(contentsOfFile: "/proc/mounts", encoding: .utf8)
    guard let line = mounts.split(separator: "\n").first(where: { $0.contains(" \(path) ") }),
      let device = line.split(separator: " ").first?.split(separator: "/").last
    else { throw ProcessError("\(path) is not mounted") }
    try "escrow's test".write(toFile: "/sys/fs/ext4/\(device)/trigger_fs_error", atomically: false, encoding: .utf8)
  }

  /// Takes it away, repairs it and mounts it again, as a person does.
  package func repair(on stage: Stage) async throws {
    let image = path + ".img"
    try await Command("/bin/umount", [path]).check()
    let result = try await Command("/sbin/e2fsck", ["-fy", image]).run()
    guard let code = result.code, code <= 1 else { throw ProcessError("\(result)") }
    try await Command("/bin/mount", ["-o", "loop,errors=remount-ro", image, path]).check()
  }
}
