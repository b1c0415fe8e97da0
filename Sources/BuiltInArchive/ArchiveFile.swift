import Glibc
import NIOCore

/// A file of the archive while it is written: it has its name only when all of it is durable. Blocks.
struct ArchiveFile: Sendable {
  private let path: String
  private var descriptor: Int32 = -1
  private var hasFailed = false

  init(path: String) { self.path = path }

  private var unfinished: String { path + ".part" }

  mutating func write(_ buffers: [ByteBuffer]) {
    if descriptor < 0, !hasFailed {
      descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      hasFailed = descriptor < 0
    }
    for buffer in buffers where !hasFailed {
      buffer.withUnsafeReadableBytes { hasFailed = !writeAll($0) }
    }
  }

  /// Makes it durable under its name. Returns whether that succeeded.
  mutating func publish() -> Bool {
    guard !hasFailed, descriptor >= 0, fsync(descriptor) == 0, rename(unfinished, path + ".dcm") == 0 else {
      discard()
      return false
    }
    close()
    return syncDirectory()
  }

  mutating func discard() {
    hasFailed = true
    close()
    unlink(unfinished)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
    return true
  }

  private func syncDirectory() -> Bool {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return false }
    defer { Glibc.close(directory) }
    return fsync(directory) == 0
  }

  private mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}
