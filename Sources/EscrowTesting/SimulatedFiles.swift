import EscrowCore
import EscrowSpool
import Glibc

/// The files and directories of a ``SimulatedDisk``: each as the processes see it, as the device has it, and the
/// changes between the two in the order they were made.
struct SimulatedFiles: Sendable {
  /// An errno that a call ends with.
  struct Refusal: Error {
    let code: Int32
    init(_ code: Int32) { self.code = code }
  }

  private struct File {
    var bytes: [UInt8] = []
    var durable: [UInt8] = []
    var unsynced: [(offset: Int, bytes: [UInt8])] = []
    var changedAt: Timestamp
  }

  private struct Directory {
    var names: [String: Int] = [:]
    var durable: [String: Int] = [:]
    var unsynced: [(name: String, node: Int?)] = []
  }

  static let root = 0

  var random: SimulatedDiskRandom
  var now = Timestamp(microseconds: 0)
  private var files: [Int: File] = [:]
  private var directories: [Int: Directory] = [root: Directory()]
  private var openNodes: [Int32: Int] = [:]
  private var locks: [Int: Int32] = [:]
  private var nextNode = 1
  private var nextDescriptor: Int32 = 3

  init(seed: UInt64) { random = SimulatedDiskRandom(seed: seed) }

  mutating func makeNode(isDirectory: Bool) -> Int {
    defer { nextNode += 1 }
    if isDirectory { directories[nextNode] = Directory() } else { files[nextNode] = File(changedAt: now) }
    return nextNode
  }

  mutating func open(_ node: Int) -> Int32 {
    defer { nextDescriptor += 1 }
    openNodes[nextDescriptor] = node
    return nextDescriptor
  }

  mutating func close(_ descriptor: Int32) {
    guard let node = openNodes.removeValue(forKey: descriptor) else { return }
    if locks[node] == descriptor { locks[node] = nil }
  }

  mutating func lock(_ file: DiskHandle) throws {
    let node = try node(of: file)
    guard locks[node] == nil else { throw Refusal(EWOULDBLOCK) }
    locks[node] = file.descriptor
  }

  func names(in directory: DiskHandle) throws -> [String: Int] {
    guard let found = directories[try node(of: directory)] else { throw Refusal(ENOTDIR) }
    return found.names
  }

  func node(_ name: String, in directory: DiskHandle, isDirectory: Bool) throws -> Int {
    guard let node = try names(in: directory)[name] else { throw Refusal(ENOENT) }
    guard isDirectory == (directories[node] != nil) else { throw Refusal(isDirectory ? ENOTDIR : EISDIR) }
    return node
  }

  mutating func set(_ name: String, to node: Int?, in directory: DiskHandle) throws {
    let number = try self.node(of: directory)
    directories[number]?.names[name] = node
    directories[number]?.unsynced.append((name, node))
  }

  mutating func touch(_ node: Int) { files[node]?.changedAt = now }

  func bytes(of file: DiskHandle) throws -> [UInt8] {
    guard let found = files[try node(of: file)] else { throw Refusal(EISDIR) }
    return found.bytes
  }

  mutating func write(_ bytes: [UInt8], at offset: Int, to file: DiskHandle) throws {
    let node = try node(of: file)
    files[node]?.bytes.overwrite(at: offset, with: bytes)
    files[node]?.unsynced.append((offset, bytes))
    files[node]?.changedAt = now
  }

  func facts(of file: DiskHandle) throws -> FileFacts {
    guard let found = files[try node(of: file)] else {
      return FileFacts(size: 0, isRegular: false, changedAt: now)
    }
    return FileFacts(size: Int64(found.bytes.count), isRegular: true, changedAt: found.changedAt)
  }

  /// What was written since the last sync reaches the device. What a failed sync dropped does not: as far as anyone
  /// can see, it was written already.
  mutating func sync(_ handle: DiskHandle) throws {
    let node = try node(of: handle)
    if let unsynced = files[node]?.unsynced {
      files[node]?.unsynced = []
      for write in unsynced { files[node]?.durable.overwrite(at: write.offset, with: write.bytes) }
    } else if let directory = directories[node], !directory.unsynced.isEmpty {
      directories[node] = Directory(names: directory.names, durable: directory.names)
    }
  }

  /// A sync that fails: some sectors reach the device, the others never will, although they still can be read.
  mutating func failSync(_ handle: DiskHandle) throws {
    let node = try node(of: handle)
    guard let file = files[node] else { return }
    files[node]?.durable = Self.survivor(of: file, chance: Self.chance(&random), &random)
    files[node]?.unsynced = []
  }

  /// From now on everybody reads what the device has, unless there is something that it is to be given.
  mutating func forgetCached(_ handle: DiskHandle) {
    guard let node = openNodes[handle.descriptor], let file = files[node], file.unsynced.isEmpty else { return }
    files[node]?.bytes = file.durable
  }

  /// Whether a sync would have something to do.
  func hasUnsynced(_ handle: DiskHandle) -> Bool {
    guard let node = openNodes[handle.descriptor] else { return false }
    return !(files[node]?.unsynced.isEmpty ?? true) || !(directories[node]?.unsynced.isEmpty ?? true)
  }

  /// Whether the name leads, from the root, to a file or directory.
  func node(at path: [String]) -> Int? {
    path.reduce(Self.root) { node, name in node.flatMap { directories[$0]?.names[name] } }
  }

  /// The paths, from the root, of all files that everybody sees, in no order.
  var paths: [[String]] { paths(in: directories[Self.root]?.names ?? [:]) }

  private func paths(in names: [String: Int]) -> [[String]] {
    var paths: [[String]] = []
    for (name, node) in names {
      guard let below = directories[node]?.names else {
        paths.append([name])
        continue
      }
      // Most of the many directories are empty.
      if !below.isEmpty { paths += self.paths(in: below).map { [name] + $0 } }
    }
    return paths
  }

  /// The bytes of a file as everybody reads them, or as a power cut that keeps nothing would leave them; nil when there
  /// is none.
  func bytes(at path: [String], isDurable: Bool) -> [UInt8]? {
    var node = Self.root
    for name in path {
      guard let directory = directories[node], let next = (isDurable ? directory.durable : directory.names)[name]
      else { return nil }
      node = next
    }
    return isDurable ? files[node]?.durable : files[node]?.bytes
  }

  /// Changes a file's bytes behind everybody's back, as a bad disk does.
  mutating func spoil(_ path: [String], _ body: (inout [UInt8]) -> Void) {
    guard let node = node(at: path), var bytes = files[node]?.durable else { return }
    body(&bytes)
    files[node]?.durable = bytes
    files[node]?.bytes = bytes
    files[node]?.unsynced = []
  }

  func afterKill() -> SimulatedFiles {
    var world = self
    world.openNodes = [:]
    world.locks = [:]
    return world
  }

  /// Keeps all that is durable. Of what is not, a cut keeps nothing, everything, or each piece by chance: of a file
  /// any of the sectors written, of a directory, for each name, any of its states since the last sync.
  func afterPowerCut(_ random: inout SimulatedDiskRandom) -> SimulatedFiles {
    var world = afterKill()
    let chance = Self.chance(&random)
    for node in files.keys.sorted() {
      guard let file = files[node] else { continue }
      let bytes = Self.survivor(of: file, chance: chance, &random)
      world.files[node] = File(bytes: bytes, durable: bytes, changedAt: file.changedAt)
    }
    for node in directories.keys.sorted() {
      guard let directory = directories[node], !directory.unsynced.isEmpty else { continue }
      let names = Self.survivors(of: directory, chance: chance, &random)
      world.directories[node] = Directory(names: names, durable: names)
    }
    return world
  }

  private func node(of handle: DiskHandle) throws -> Int {
    guard let node = openNodes[handle.descriptor] else { throw Refusal(EBADF) }
    return node
  }

  /// How likely each piece that is not durable is kept.
  private static func chance(_ random: inout SimulatedDiskRandom) -> Int {
    [0, 50, 100].randomElement(using: &random) ?? 0
  }

  private static func survivor(of file: File, chance: Int, _ random: inout SimulatedDiskRandom) -> [UInt8] {
    var bytes = file.durable
    for sector in file.unsynced.flatMap({ sectors(of: $0.bytes, at: $0.offset) })
    where Int.random(in: 0..<100, using: &random) < chance {
      bytes.overwrite(at: sector.offset, with: sector.bytes)
    }
    return bytes
  }

  private static func survivors(
    of directory: Directory, chance: Int, _ random: inout SimulatedDiskRandom
  ) -> [String: Int] {
    var names = directory.durable
    for (name, changes) in Dictionary(grouping: directory.unsynced, by: \.name).sorted(by: { $0.key < $1.key }) {
      let kept = changes.prefix { _ in Int.random(in: 0..<100, using: &random) < chance }
      if let last = kept.last { names[name] = last.node }
    }
    return names
  }

  /// A write as the device sees it: whole sectors of 512 bytes, torn where they meet.
  private static func sectors(of bytes: [UInt8], at offset: Int) -> [(offset: Int, bytes: [UInt8])] {
    var sectors: [(Int, [UInt8])] = []
    var start = offset
    while start < offset + bytes.count {
      let end = min(offset + bytes.count, (start / 512 + 1) * 512)
      sectors.append((start, Array(bytes[start - offset..<end - offset])))
      start = end
    }
    return sectors
  }
}

extension [UInt8] {
  /// Puts `bytes` at `offset`, after zeros if that is beyond the end.
  fileprivate mutating func overwrite(at offset: Int, with bytes: [UInt8]) {
    if offset > count { append(contentsOf: [UInt8](repeating: 0, count: offset - count)) }
    let inside = Swift.min(bytes.count, count - offset)
    withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + inside])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(inside)))
      }
    }
    if inside < bytes.count { append(contentsOf: inside == 0 ? bytes : Array(bytes[inside...])) }
  }
}
