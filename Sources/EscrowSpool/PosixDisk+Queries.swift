import CLinux
import EscrowCore
import Glibc

extension PosixDisk {
  /// Opens a directory that must be there.
  func openExisting(_ path: String) throws -> DiskHandle {
    let here = DiskHandle(descriptor: AT_FDCWD, path: ".") { _ in }
    return try open(path, in: here, O_RDONLY | O_DIRECTORY)
  }

  /// Creates what is missing of the path from the top down, each new name made durable before the next.
  package func openRoot(_ path: String) throws -> DiskHandle {
    let here = DiskHandle(descriptor: AT_FDCWD, path: ".") { _ in }
    do {
      let root = try open(path, in: here, O_RDONLY | O_DIRECTORY)
      try syncParent(of: root)
      return root
    } catch let error as SpoolError where error.isMissing {
      let (parentPath, name) = PosixDisk.split(path)
      guard !name.isEmpty else { throw error }
      let parent = try openRoot(parentPath)
      try makeDirectory(name, in: parent)
      try syncDirectory(parent)
      return try open(name, in: parent, O_RDONLY | O_DIRECTORY)
    }
  }

  package func facts(of file: DiskHandle) throws -> FileFacts {
    var status = stat()
    try call("examine", file.path) { fstat(file.descriptor, &status) }
    let changedAt = Int64(status.st_ctim.tv_sec) * 1_000_000 + Int64(status.st_ctim.tv_nsec) / 1000
    return FileFacts(
      size: Int64(status.st_size), isRegular: status.st_mode & S_IFMT == S_IFREG,
      changedAt: Timestamp(microseconds: changedAt))
  }

  package func list(_ directory: DiskHandle) throws -> [String] {
    let stream = try openStream(of: directory)
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw SpoolError.disk(operation: "list", path: directory.path, errno: errno) }
        return names
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
  }

  package func usage(of directory: DiskHandle) throws -> DiskUsage {
    var numbers = statfs()
    try call("measure", directory.path) { fstatfs(directory.descriptor, &numbers) }
    var status = stat()
    try call("examine", directory.path) { fstat(directory.descriptor, &status) }
    let block = Int64(numbers.f_frsize)
    return DiskUsage(
      freeBytes: Int64(clamping: numbers.f_bavail) * block, totalBytes: Int64(clamping: numbers.f_blocks) * block,
      freeInodes: Int64(clamping: numbers.f_ffree), totalInodes: Int64(clamping: numbers.f_files),
      kind: PosixDisk.kind(UInt32(truncatingIfNeeded: numbers.f_type)),
      isReadOnly: Int(numbers.f_flags) & Int(ST_RDONLY) != 0, device: UInt64(status.st_dev))
  }

  /// The directory that holds the root, if we may open it; if not, somebody else made the root for us.
  private func syncParent(of root: DiskHandle) throws {
    do {
      try syncDirectory(try open("..", in: root, O_RDONLY | O_DIRECTORY))
    } catch let error as SpoolError where error.code == EACCES {}
  }

  /// A stream with a descriptor of its own, since it closes it and moves its position.
  private func openStream(of directory: DiskHandle) throws -> OpaquePointer {
    let descriptor = try call("list", directory.path) {
      openat(directory.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      close(descriptor)
      throw SpoolError.disk(operation: "list", path: directory.path, errno: code)
    }
    return stream
  }

  private static func split(_ path: String) -> (parent: String, name: String) {
    let parts = path.split(separator: "/")
    let parent = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
    return (parent.isEmpty ? "." : parent, parts.last.map(String.init) ?? "")
  }

  /// By the magic numbers of `linux/magic.h`.
  private static func kind(_ magic: UInt32) -> FileSystemKind {
    switch magic {
    case 0x0102_1994, 0x8584_58F6: .memory
    case 0x794C_7630: .overlay
    case 0x6969, 0xFF53_4D42, 0xFE53_4D42: .network
    default: .local
    }
  }
}
