import EscrowCore
import Glibc

/// Copies the files of a spool, which never change once they are complete, to another directory laid out alike.
///
/// On the same file system a copy is a second name of the same bytes (a hard link). Nothing is overwritten, and what is
/// removed meanwhile is left out.
package struct SpoolCopy: Sendable {
  package struct Summary: Sendable, Equatable {
    package var linked = 0
    package var copied = 0
    /// Already there.
    package var present = 0
  }

  private let source: String
  private let target: String
  private let disk = PosixDisk()

  package init(from source: String, to target: String) {
    self.source = source
    self.target = target
  }

  /// How many files there are now.
  package func count() throws -> Int {
    try SpoolNames.shards.reduce(0) { try $0 + names(in: $1).count }
  }

  /// Copies everything, the spool's identity first; durable when this returns. Blocks.
  ///
  /// - Parameter progress: told after each directory how many files are done.
  package func run(progress: (Int) -> Void = { _ in }) throws -> Summary {
    var summary = Summary()
    let root = try disk.openRoot(target)
    if try SpoolIdentity.find(at: target) == nil, let identity = try SpoolIdentity.find(at: source) {
      try identity.write(in: root, on: disk)
    }
    for shard in SpoolNames.shards {
      try disk.makeDirectory(shard, in: root)
      for name in try names(in: shard) { try copy("\(shard)/\(name)", into: &summary) }
      try disk.syncDirectory(try disk.openDirectory(shard, in: root))
      progress(summary.linked + summary.copied + summary.present)
    }
    try disk.syncDirectory(root)
    return summary
  }

  private func names(in shard: String) throws -> [String] {
    do {
      return try disk.list(try disk.openExisting("\(source)/\(shard)")).filter { SpoolNames.id(of: $0) != nil }
    } catch let error as SpoolError where error.isMissing {
      return []
    }
  }

  private func copy(_ name: String, into summary: inout Summary) throws {
    let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
    if link(from, to) == 0 {
      summary.linked += 1
      return
    }
    switch errno {
    case EEXIST: summary.present += 1
    case ENOENT: break
    case EXDEV, EPERM, EMLINK, EOPNOTSUPP:
      if try copyBytes(from, to) { summary.copied += 1 }
    case let code: throw SpoolError.disk(operation: "copy to \(to)", path: from, errno: code)
    }
  }

  private func openIfThere(_ path: String, in directory: DiskHandle) throws -> DiskHandle? {
    do {
      return try disk.openFile(path, in: directory)
    } catch let error as SpoolError where error.isMissing {
      return nil
    }
  }

  /// False when the file was removed before it could be opened.
  private func copyBytes(_ from: String, _ to: String) throws -> Bool {
    let here = DiskHandle(descriptor: AT_FDCWD, path: ".") { _ in }
    let partial = to + ".partial"
    guard let input = try openIfThere(from, in: here) else { return false }
    try disk.unlink(partial, in: here)
    let output = try disk.createFile(partial, in: here)
    var offset: Int64 = 0
    while true {
      let bytes = try disk.readAll(ChunkPool.chunkSize, at: offset, from: input)
      if bytes.isEmpty { break }
      try disk.writeAll(bytes, at: offset, to: output)
      offset += Int64(bytes.count)
    }
    try disk.sync(output)
    try disk.rename(partial, in: here, to: to, in: here)
    return true
  }
}
