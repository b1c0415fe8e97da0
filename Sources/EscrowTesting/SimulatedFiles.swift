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

  mutating func sync(_ handle: DiskHandle) throws {
    let node = try node(of: handle)
    if let file = files[node] {
      files[node] = File(bytes: file.bytes, durable: file.bytes, changedAt: file.changedAt)
    } else if let directory = directories[node] {
      directories[node] = Directory(names: directory.names, durable: directory.names)
    }
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
    let chance = [0, 50, 100].randomElement(using: &random) ?? 0
    for node in files.keys.sorted() {
      guard let file = files[node] else { continue }
      var bytes = file.durable
      for sector in file.unsynced.flatMap({ Self.sectors(of: $0.bytes, at: $0.offset) })
      where Int.random(in: 0..<100, using: &random) < chance {
        bytes.overwrite(at: sector.offset, with: sector.bytes)
      }
      world.files[node] = File(bytes: bytes, durable: bytes, changedAt: file.changedAt)
    }
    for node in directories.keys.sorted() {
      guard let directory = directories[node] else { continue }
      let names = Self.survivors(of: directory, chance: chance, &random)
      world.directories[node] = Directory(names: names, durable: names)
    }
    return world
  }

  private func node(of handle: DiskHandle) throws -> Int {
    guard let node = openNodes[handle.descriptor] else { throw Refusal(EBADF) }
    return node
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
    if count < offset + bytes.count { self += repeatElement(0, count: offset + bytes.count - count) }
    replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }
}
