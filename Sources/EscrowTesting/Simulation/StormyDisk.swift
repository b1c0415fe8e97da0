package import EscrowSpool
import Glibc
import NIOConcurrencyHelpers

/// What a call to a disk does.
package enum DiskOperation: String, Sendable, CaseIterable {
  case openRoot, openDirectory, makeDirectory, create, open, lock, write, reserve, read, examine, sync, syncDirectory
  case remove, rename, list, measure

  /// Whether it changes something.
  package var changes: Bool {
    [.makeDirectory, .create, .write, .reserve, .sync, .syncDirectory, .remove, .rename].contains(self)
  }
}

/// One call to a ``StormyDisk``, before it is carried out.
package struct DiskCall: Sendable {
  package var operation: DiskOperation
  package var path: String
  /// It touches something that a crash or an error could make a difference to: not one of the many calls that lay out
  /// or list directories in which nothing has changed.
  package var matters: Bool
}

/// What a call meets.
package enum Mishap: Sendable, Equatable {
  /// It fails with this errno, perhaps only after it had its effect, or some of it.
  case error(Int32, takesEffect: Bool)
  /// The process ends there, or the machine; the call may still have had its effect.
  case death(takesEffect: Bool)
}

/// A simulated disk in bad weather: what each call meets is decided when it is made.
package final class StormyDisk: SpoolDisk {
  private let disk: SimulatedDisk
  private let weather: @Sendable (DiskCall) -> Mishap?
  private let died = NIOLockedValueBox(false)

  package init(_ disk: SimulatedDisk, weather: @escaping @Sendable (DiskCall) -> Mishap?) {
    self.disk = disk
    self.weather = weather
  }

  /// Nothing works any more: the process is to be taken for dead.
  package var isDead: Bool { died.withLockedValue { $0 } }

  /// Nothing works from now on.
  package func die() { died.withLockedValue { $0 = true } }

  package func openRoot(_ path: String) throws -> DiskHandle {
    try perform(.openRoot, path, matters: false) { try disk.openRoot(path) }
  }

  package func openDirectory(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform(.openDirectory, name, matters: false) { try disk.openDirectory(name, in: directory) }
  }

  package func makeDirectory(_ name: String, in directory: DiskHandle) throws {
    try perform(.makeDirectory, name, matters: false) { try disk.makeDirectory(name, in: directory) }
  }

  package func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform(.create, name) { try disk.createFile(name, in: directory) }
  }

  package func openFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform(.open, name) { try disk.openFile(name, in: directory) }
  }

  package func lockFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform(.lock, name, matters: false) { try disk.lockFile(name, in: directory) }
  }

  /// A write that fails may have written the beginning.
  package func write(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws -> Int {
    try perform(.write, file.path) {
      try disk.write(regions, at: offset, to: file)
    } failing: { _ in
      guard let first = regions.first, first.count > 1 else { return }
      _ = try disk.write([UnsafeRawBufferPointer(rebasing: first.prefix(first.count / 2))], at: offset, to: file)
    }
  }

  package func reserve(_ count: Int64, for file: DiskHandle) throws {
    try perform(.reserve, file.path) { try disk.reserve(count, for: file) }
  }

  package func read(
    into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle
  ) throws -> Int {
    try perform(.read, file.path) { try disk.read(into: regions, at: offset, from: file) }
  }

  package func facts(of file: DiskHandle) throws -> FileFacts {
    try perform(.examine, file.path) { try disk.facts(of: file) }
  }

  /// A sync that fails leaves some sectors unwritten for good.
  package func sync(_ file: DiskHandle) throws {
    try perform(.sync, file.path, matters: disk.hasUnsynced(file)) {
      try disk.sync(file)
    } failing: { _ in
      disk.failSync(file)
    }
  }

  package func syncDirectory(_ directory: DiskHandle) throws {
    try perform(.syncDirectory, directory.path, matters: disk.hasUnsynced(directory)) {
      try disk.syncDirectory(directory)
    }
  }

  package func startWriteback(of file: DiskHandle, from offset: Int64, count: Int64) {}

  package func expectSequentialReads(of file: DiskHandle) {}

  package func forgetCached(_ file: DiskHandle) { disk.forgetCached(file) }

  package func unlink(_ name: String, in directory: DiskHandle) throws {
    try perform(.remove, name) { try disk.unlink(name, in: directory) }
  }

  package func rename(
    _ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle
  ) throws {
    try perform(.rename, name) { try disk.rename(name, in: directory, to: newName, in: target) }
  }

  package func list(_ directory: DiskHandle) throws -> [String] {
    try perform(.list, directory.path, matters: false) { try disk.list(directory) }
  }

  package func usage(of directory: DiskHandle) throws -> DiskUsage {
    try perform(.measure, directory.path, matters: false) { try disk.usage(of: directory) }
  }

  private func perform<Result>(
    _ operation: DiskOperation, _ path: String, matters: Bool = true, _ body: () throws -> Result
  ) throws -> Result {
    try perform(operation, path, matters: matters, body, failing: { takesEffect in if takesEffect { _ = try body() } })
  }

  /// - Parameter failing: what a call that fails leaves behind.
  private func perform<Result>(
    _ operation: DiskOperation, _ path: String, matters: Bool = true, _ body: () throws -> Result,
    failing: (_ takesEffect: Bool) throws -> Void
  ) throws -> Result {
    guard !isDead else { throw SpoolError.disk(operation: operation.rawValue, path: path, errno: EIO) }
    switch weather(DiskCall(operation: operation, path: path, matters: matters)) {
    case nil: return try body()
    case .error(let errno, let takesEffect):
      try failing(takesEffect)
      throw SpoolError.disk(operation: operation.rawValue, path: path, errno: errno)
    case .death(let takesEffect):
      if takesEffect { _ = try? body() }
      die()
      throw SpoolError.disk(operation: operation.rawValue, path: path, errno: EIO)
    }
  }
}
