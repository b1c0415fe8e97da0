import EscrowCore
package import EscrowSpool
import NIOConcurrencyHelpers

/// The commit points of a ``MemoryLedger`` on a disk: each commit appends a mark to a file and syncs the file.
///
/// What a mark stands for is kept in ``MemoryVersions``, beside the disk: which marks a crash leaves is all that the
/// disk decides. As a database does at its start, opening makes durable what it found before anybody acts on it.
package final class SimulatedLedgerFile: Sendable {
  private struct State {
    var end: Int64
    var version: UInt64
    var isBroken = false
    var putsOff = false
  }

  /// What is on record at the start.
  package let found: MemoryRecord
  private let disk: any SpoolDisk
  private let file: DiskHandle
  private let versions: MemoryVersions
  private let syncs: Bool
  private let state: NIOLockedValueBox<State>

  /// Opens the ledger on `disk`, or begins one. What was found is made durable under a new name before this returns.
  ///
  /// - Parameter syncs: false for a broken one that does not sync its commits, to show that tests notice.
  package init(on disk: any SpoolDisk, versions: MemoryVersions, syncs: Bool = true) throws {
    let root = try disk.openRoot("/ledger")
    let names = try disk.list(root).sorted()
    var latest = Marks()
    for name in names {
      let bytes = try disk.readAll(1 << 20, at: 0, from: try disk.openFile(name, in: root))
      let marks = Marks(bytes)
      if marks.count > 0 { latest = marks }
    }
    found = latest.version == 0 ? MemoryRecord() : versions[latest.version]
    let version = versions.add(found)
    let name = Self.name(version)
    file = try disk.createFile(name, in: root)
    let mark = Marks.mark(version, after: 0)
    try disk.writeAll(mark, at: 0, to: file)
    try disk.sync(file)
    try disk.syncDirectory(root)
    for old in names { try disk.unlink(old, in: root) }
    self.disk = disk
    self.versions = versions
    self.syncs = syncs
    state = NIOLockedValueBox(State(end: Int64(mark.count), version: version))
  }

  /// A commit could not be made durable: nobody knows what is, and the process must end.
  package var isBroken: Bool { state.withLockedValue { $0.isBroken } }

  /// For ``MemoryLedger``: makes `record` durable.
  package func commit(_ record: MemoryRecord) throws {
    try state.withLockedValue { state in
      guard !state.isBroken else { throw LedgerError.syncFailed("an earlier sync failed") }
      if state.putsOff { return }
      let version = versions.add(record)
      let mark = Marks.mark(version, after: state.version)
      try disk.writeAll(mark, at: state.end, to: file)
      do {
        if syncs { try disk.sync(file) }
      } catch {
        state.isBroken = true
        throw LedgerError.syncFailed("\(error)")
      }
      state.version = version
      state.end += Int64(mark.count)
    }
  }

  /// Whether commits do nothing for the time being: what they were given becomes durable with the next one that does,
  /// as in a broken ledger that answers too early.
  package var putsOff: Bool {
    get { state.withLockedValue { $0.putsOff } }
    set { state.withLockedValue { $0.putsOff = newValue } }
  }

  /// What a power cut now would leave on record, if it kept nothing that is not durable.
  package func durable(on disk: SimulatedDisk) -> MemoryRecord? {
    let version = state.withLockedValue { $0.version }
    let bytes = disk.durableBytes(at: [file.path.split(separator: "/").last.map(String.init) ?? ""])
    guard let bytes, Marks(bytes).version == version else { return nil }
    return versions[version]
  }

  private static func name(_ version: UInt64) -> String {
    let digits = String(version)
    return String(repeating: "0", count: 12 - digits.count) + digits
  }
}

/// Every record that a ledger ever had, by number: what the marks on its disk stand for.
package final class MemoryVersions: Sendable {
  private let records = NIOLockedValueBox<[MemoryRecord]>([])

  package init() {}

  /// Keeps `record`; returns its number, from 1 on.
  func add(_ record: MemoryRecord) -> UInt64 {
    records.withLockedValue { records in
      records.append(record)
      return UInt64(records.count)
    }
  }

  subscript(version: UInt64) -> MemoryRecord { records.withLockedValue { $0[Int(version) - 1] } }
}

/// A chain of marks: each names its version and the one before, and says whether it is whole.
private struct Marks {
  private(set) var count = 0
  /// The version of the last mark of the chain; 0 when there is none.
  private(set) var version: UInt64 = 0

  init() {}

  /// Follows the chain to where it breaks off.
  init(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      while (count + 1) * Self.size <= bytes.count {
        let start = count * Self.size
        let next = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        let previous = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
        let sum = bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
        guard previous == version, sum == Self.check(next, after: previous) else { return }
        version = next
        count += 1
      }
    }
  }

  static let size = 24

  static func mark(_ version: UInt64, after previous: UInt64) -> [UInt8] {
    [version, previous, check(version, after: previous)].withUnsafeBytes { Array($0) }
  }

  private static func check(_ version: UInt64, after previous: UInt64) -> UInt64 {
    (version &* 0x9E37_79B9_7F4A_7C15) ^ (previous &* 0xBF58_476D_1CE4_E5B9) ^ 0x5EED
  }
}
