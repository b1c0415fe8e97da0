package import EscrowCore
package import EscrowSpool
import Glibc
import NIOConcurrencyHelpers

/// A disk in memory that keeps apart what was written and what would survive a power cut.
///
/// It promises what POSIX does and no more: a file's bytes are durable once the file is synced, a name once its
/// directory is. ``powerCut(seed:)`` keeps the durable part and a seeded choice of the rest.
/// Reads and writes are now and then short, as the seed has it.
package final class SimulatedDisk: SpoolDisk {
  /// A promise that the disk breaks without saying so, to show that tests notice.
  package enum Flaw: Sendable, CaseIterable {
    case ignoresFileSync
    case ignoresDirectorySync
  }

  private let world: NIOLockedValueBox<SimulatedFiles>
  private let flaw: Flaw?

  /// An empty disk.
  package convenience init(seed: UInt64 = 0, flaw: Flaw? = nil) {
    self.init(SimulatedFiles(seed: seed), flaw: flaw)
  }

  private init(_ world: SimulatedFiles, flaw: Flaw?) {
    self.world = NIOLockedValueBox(world)
    self.flaw = flaw
  }

  /// What a machine finds that is started after the power went now.
  package func powerCut(seed: UInt64) -> SimulatedDisk {
    var random = SimulatedDiskRandom(seed: seed)
    return SimulatedDisk(world.withLockedValue { $0.afterPowerCut(&random) }, flaw: flaw)
  }

  /// What a process finds that is started after this one was killed: everything written, nothing open or locked.
  package func killed() -> SimulatedDisk {
    SimulatedDisk(world.withLockedValue { $0.afterKill() }, flaw: flaw)
  }

  /// The same disk, found as after ``killed()``, with this flaw from now on.
  package func with(_ flaw: Flaw?) -> SimulatedDisk {
    SimulatedDisk(world.withLockedValue { $0.afterKill() }, flaw: flaw)
  }

  /// What this disk holds, on a disk of its own.
  package func copy(seed: UInt64) -> SimulatedDisk {
    var files = world.withLockedValue { $0.afterKill() }
    files.random = SimulatedDiskRandom(seed: seed)
    return SimulatedDisk(files, flaw: flaw)
  }

  /// The paths below the root of all files, in no order.
  package var paths: [[String]] { world.withLockedValue { $0.paths } }

  /// The bytes of the file at `path` below the root as everybody reads them now; nil when there is none.
  package func bytes(at path: [String]) -> [UInt8]? {
    world.withLockedValue { $0.bytes(at: path, isDurable: false) }
  }

  /// The bytes that a power cut now would leave of the file at `path`, if it keeps nothing else; nil when there is none.
  package func durableBytes(at path: [String]) -> [UInt8]? {
    world.withLockedValue { $0.bytes(at: path, isDurable: true) }
  }

  /// Changes a file's bytes behind everybody's back, as a bad disk does.
  package func spoil(_ path: [String], _ body: (inout [UInt8]) -> Void) {
    world.withLockedValue { $0.spoil(path, body) }
  }

  /// Ends a sync as a device does that takes some sectors and refuses the others, which then are gone.
  package func failSync(_ file: DiskHandle) {
    world.withLockedValue { try? $0.failSync(file) }
  }

  /// Whether a sync would have something to do.
  package func hasUnsynced(_ handle: DiskHandle) -> Bool { world.withLockedValue { $0.hasUnsynced(handle) } }

  /// What the disk's clock says.
  package var now: Timestamp {
    get { world.withLockedValue { $0.now } }
    set { world.withLockedValue { $0.now = newValue } }
  }

  package func openRoot(_ path: String) throws -> DiskHandle {
    handle(world.withLockedValue { $0.open(SimulatedFiles.root) }, path)
  }

  package func openDirectory(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try open(name, in: directory, "open") { try $0.node(name, in: directory, isDirectory: true) }
  }

  package func makeDirectory(_ name: String, in directory: DiskHandle) throws {
    try perform("make directory", directory, name) { world in
      if try !world.names(in: directory).keys.contains(name) {
        try world.set(name, to: world.makeNode(isDirectory: true), in: directory)
      }
    }
  }

  package func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try open(name, in: directory, "create") { world in
      guard try !world.names(in: directory).keys.contains(name) else { throw SimulatedFiles.Refusal(EEXIST) }
      let node = world.makeNode(isDirectory: false)
      try world.set(name, to: node, in: directory)
      return node
    }
  }

  package func openFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try open(name, in: directory, "open") { try $0.node(name, in: directory, isDirectory: false) }
  }

  package func lockFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    let exists = try list(directory).contains(name)
    let file = exists ? try openFile(name, in: directory) : try createFile(name, in: directory)
    try perform("lock", file) { try $0.lock(file) }
    return file
  }

  package func write(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws -> Int {
    try perform("write", file) { world in
      var bytes: [UInt8] = []
      for region in regions { bytes.append(contentsOf: region) }
      let count = world.random.shortened(bytes.count)
      try world.write(count < bytes.count ? Array(bytes.prefix(count)) : bytes, at: Int(offset), to: file)
      return count
    }
  }

  package func read(
    into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle
  ) throws -> Int {
    try perform("read", file) { world in
      var rest = try world.bytes(of: file).dropFirst(Int(offset))
      rest = rest.prefix(world.random.shortened(min(rest.count, regions.reduce(0) { $0 + $1.count })))
      let count = rest.count
      for region in regions {
        region.copyBytes(from: rest.prefix(region.count))
        rest = rest.dropFirst(region.count)
      }
      return count
    }
  }

  package func facts(of file: DiskHandle) throws -> FileFacts {
    try perform("examine", file) { try $0.facts(of: file) }
  }

  package func sync(_ file: DiskHandle) throws {
    try perform("sync", file) { if flaw != .ignoresFileSync { try $0.sync(file) } }
  }

  package func syncDirectory(_ directory: DiskHandle) throws {
    try perform("sync directory", directory) { if flaw != .ignoresDirectorySync { try $0.sync(directory) } }
  }

  package func startWriteback(of file: DiskHandle, from offset: Int64, count: Int64) {}

  package func expectSequentialReads(of file: DiskHandle) {}

  package func forgetCached(_ file: DiskHandle) { world.withLockedValue { $0.forgetCached(file) } }

  package func unlink(_ name: String, in directory: DiskHandle) throws {
    try perform("remove", directory, name) { world in
      if try world.names(in: directory).keys.contains(name) { try world.set(name, to: nil, in: directory) }
    }
  }

  package func rename(
    _ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle
  ) throws {
    try perform("rename", directory, name) { world in
      let node = try world.node(name, in: directory, isDirectory: false)
      world.touch(node)
      try world.set(newName, to: node, in: target)
      try world.set(name, to: nil, in: directory)
    }
  }

  package func list(_ directory: DiskHandle) throws -> [String] {
    try perform("list", directory) { try $0.names(in: directory).keys.sorted() }
  }

  package func usage(of directory: DiskHandle) throws -> DiskUsage {
    DiskUsage(freeBytes: 1 << 40, totalBytes: 1 << 41, freeInodes: 1 << 20, totalInodes: 1 << 21)
  }

  private func open(
    _ name: String, in directory: DiskHandle, _ operation: String, _ body: (inout SimulatedFiles) throws -> Int
  ) throws -> DiskHandle {
    let descriptor = try perform(operation, directory, name) { $0.open(try body(&$0)) }
    return handle(descriptor, "\(directory.path)/\(name)")
  }

  private func handle(_ descriptor: Int32, _ path: String) -> DiskHandle {
    DiskHandle(descriptor: descriptor, path: path) { [world] descriptor in
      world.withLockedValue { $0.close(descriptor) }
    }
  }

  private func perform<Result>(
    _ operation: String, _ handle: DiskHandle, _ name: String? = nil, _ body: (inout SimulatedFiles) throws -> Result
  ) throws -> Result {
    do {
      return try world.withLockedValue(body)
    } catch let refusal as SimulatedFiles.Refusal {
      let path = handle.path + (name.map { "/\($0)" } ?? "")
      throw SpoolError.disk(operation: operation, path: path, errno: refusal.code)
    }
  }
}
