/// A file system that nothing works without, seen from the directory of ours that lies on it.
package struct Volume: Sendable {
  /// What of ours lies there.
  package enum Content: String, Sendable { case spool, ledger }

  /// How full it is, and how much of its ballast is missing: bytes that are free and not for use.
  package struct Reading: Sendable, Equatable {
    package var usage: DiskUsage
    package var missingBallast: Int64

    package init(_ usage: DiskUsage, missingBallast: Int64 = 0) {
      self.usage = usage
      self.missingBallast = missingBallast
    }
  }

  package let content: Content
  /// Of our directory, as configured.
  package let path: String
  private let ballast: Ballast
  private let directory: DiskHandle
  private let disk: any SpoolDisk

  init(_ content: Content, path: String, ballast: Ballast, directory: DiskHandle, disk: any SpoolDisk) {
    self.content = content
    self.path = path
    self.ballast = ballast
    self.directory = directory
    self.disk = disk
  }

  /// The file system of the spool at `path`, which need not be open yet; its directory is made if there is none. Blocks.
  package static func ofSpool(at path: String, disk: any SpoolDisk = PosixDisk()) throws -> Volume {
    let root = try disk.openRoot(path)
    return Volume(
      .spool, path: path, ballast: Ballast(SpoolNames.ballast, in: root, on: disk), directory: root, disk: disk)
  }

  /// The file system that the database at `path` lies on; its directory is made if there is none. Blocks.
  package static func ofLedger(at path: String, disk: any SpoolDisk = PosixDisk()) throws -> Volume {
    let parts = path.split(separator: "/")
    let folder = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
    let directory = try disk.openRoot(folder.isEmpty ? "." : folder)
    let ballast = Ballast("\(parts.last ?? "escrow.db")-ballast", in: directory, on: disk)
    return Volume(.ledger, path: directory.path, ballast: ballast, directory: directory, disk: disk)
  }

  /// Measures it. Blocks, but for no longer than a few system calls.
  package func measure() throws -> Reading {
    let usage = try disk.usage(of: directory)
    return Reading(usage, missingBallast: max(Ballast.size(for: usage) - (try ballast.kept()), 0))
  }

  /// Gives up the ballast; whether there was one. Blocks.
  @discardableResult
  package func makeWay() throws -> Bool {
    guard try ballast.kept() > 0 else { return false }
    try ballast.free()
    return true
  }

  /// Gives up the ballast if less than its size is free besides: for a start, which needs some room. Blocks.
  package func makeWayIfFull() throws {
    let usage = try disk.usage(of: directory)
    if !usage.isReadOnly, usage.freeBytes < Ballast.size(for: usage) { try makeWay() }
  }

  /// Makes the ballast anew. Blocks.
  package func restoreBallast() throws { try ballast.make(Ballast.size(for: disk.usage(of: directory))) }
}
