import CLinux
import EscrowCore
import Glibc

/// The real file system.
package struct PosixDisk: SpoolDisk {
  package init() {}

  package func openDirectory(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try open(name, in: directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  package func makeDirectory(_ name: String, in directory: DiskHandle) throws {
    try ignoring(EEXIST) {
      try call("make directory", "\(directory.path)/\(name)") { mkdirat(directory.descriptor, name, 0o700) }
    }
  }

  package func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try open(name, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, operation: "create")
  }

  /// `O_NONBLOCK` keeps a pipe put in the file's place from blocking us; it means nothing for files.
  package func openFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try open(name, in: directory, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  package func lockFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    let file = try open(name, in: directory, O_RDWR | O_CREAT | O_NOFOLLOW)
    try call("lock", file.path) { flock(file.descriptor, LOCK_EX | LOCK_NB) }
    return file
  }

  package func write(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws -> Int {
    let vectors = regions.prefix(PosixDisk.mostRegions).map {
      iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
    }
    return try call("write", file.path) { pwritev(file.descriptor, vectors, Int32(vectors.count), Int(offset)) }
  }

  package func reserve(_ count: Int64, for file: DiskHandle) throws {
    do {
      try call("reserve room for", file.path) { fallocate(file.descriptor, 0, 0, Int(count)) }
    } catch let error as SpoolError where error.code == EOPNOTSUPP || error.code == ENOSYS {
      try reserveByWriting(count, for: file)
    }
  }

  package func read(
    into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle
  ) throws -> Int {
    let vectors = regions.prefix(PosixDisk.mostRegions).map {
      iovec(iov_base: $0.baseAddress, iov_len: $0.count)
    }
    return try call("read", file.path) { preadv(file.descriptor, vectors, Int32(vectors.count), Int(offset)) }
  }

  package func sync(_ file: DiskHandle) throws {
    try call("sync", file.path) { fsync(file.descriptor) }
  }

  package func syncDirectory(_ directory: DiskHandle) throws {
    try call("sync directory", directory.path) { fsync(directory.descriptor) }
  }

  package func startWriteback(of file: DiskHandle, from offset: Int64, count: Int64) {
    _ = sync_file_range(file.descriptor, Int(offset), Int(count), escrow_sync_file_range_write)
  }

  package func expectSequentialReads(of file: DiskHandle) {
    _ = posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  package func forgetCached(_ file: DiskHandle) {
    _ = posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
  }

  package func unlink(_ name: String, in directory: DiskHandle) throws {
    try ignoring(ENOENT) {
      try call("remove", "\(directory.path)/\(name)") { unlinkat(directory.descriptor, name, 0) }
    }
  }

  package func rename(
    _ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle
  ) throws {
    try call("rename", "\(directory.path)/\(name)") {
      renameat(directory.descriptor, name, target.descriptor, newName)
    }
  }

  /// `IOV_MAX` of Linux; regions beyond it are left for the next call.
  private static let mostRegions = 1024

  func open(_ name: String, in directory: DiskHandle, _ flags: Int32, operation: String = "open") throws -> DiskHandle {
    let path = name.hasPrefix("/") ? name : "\(directory.path)/\(name)"
    let descriptor = try call(operation, path) { openat(directory.descriptor, name, flags | O_CLOEXEC, 0o600) }
    return DiskHandle(descriptor: descriptor, path: path) { _ = close($0) }
  }

  /// Makes a system call until it is not interrupted, and throws when it failed.
  @discardableResult
  func call<Result: SignedInteger>(_ operation: String, _ path: String, _ body: () -> Result) throws -> Result {
    while true {
      let result = body()
      if result != -1 { return result }
      let code = errno
      if code != EINTR { throw SpoolError.disk(operation: operation, path: path, errno: code) }
    }
  }

  private func ignoring(_ code: Int32, _ body: () throws -> Void) throws {
    do { try body() } catch let error as SpoolError where error.code == code {}
  }
}
