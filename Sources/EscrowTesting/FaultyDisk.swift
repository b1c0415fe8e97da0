package import EscrowSpool
import NIOConcurrencyHelpers

/// Something that happens at one call to a disk.
package struct DiskFault: Sendable {
  /// Which call, counted from 1.
  package var call: Int
  package var errno: Int32
  /// The call does what it should before it fails.
  package var takesEffect: Bool
  /// Nothing works from then on: the process was killed there.
  package var isFatal: Bool

  package init(call: Int, errno: Int32, takesEffect: Bool = false, isFatal: Bool = false) {
    self.call = call
    self.errno = errno
    self.takesEffect = takesEffect
    self.isFatal = isFatal
  }
}

/// Another disk with a fault in it.
package final class FaultyDisk: SpoolDisk {
  private let disk: any SpoolDisk
  private let fault: DiskFault?
  private let made = NIOLockedValueBox<[String]>([])
  private let rule = NIOLockedValueBox<Rule?>(nil)
  private let pretended = NIOLockedValueBox<DiskUsage?>(nil)

  /// With what error number a call fails, given its name and the path; nil lets it succeed.
  package typealias Rule = @Sendable (_ operation: String, _ path: String) -> Int32?

  package init(_ disk: any SpoolDisk, _ fault: DiskFault? = nil) {
    self.disk = disk
    self.fault = fault
  }

  /// The names of the calls made so far.
  package var calls: [String] { made.withLockedValue { $0 } }

  /// From now on the rule says which calls fail; nil lets all succeed again.
  package func fail(_ rule: Rule?) { self.rule.withLockedValue { $0 = rule } }

  /// How full the disk is from now on; nil tells the truth again.
  package func pretend(_ usage: DiskUsage?) { pretended.withLockedValue { $0 = usage } }

  package func openRoot(_ path: String) throws -> DiskHandle {
    try perform("open root", path) { try disk.openRoot(path) }
  }

  package func openDirectory(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform("open directory", name) { try disk.openDirectory(name, in: directory) }
  }

  package func makeDirectory(_ name: String, in directory: DiskHandle) throws {
    try perform("make directory", name) { try disk.makeDirectory(name, in: directory) }
  }

  package func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform("create", name) { try disk.createFile(name, in: directory) }
  }

  package func openFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform("open", name) { try disk.openFile(name, in: directory) }
  }

  package func lockFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try perform("lock", name) { try disk.lockFile(name, in: directory) }
  }

  package func write(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws -> Int {
    try perform("write", file.path) { try disk.write(regions, at: offset, to: file) }
  }

  package func reserve(_ count: Int64, for file: DiskHandle) throws {
    try perform("reserve", file.path) { try disk.reserve(count, for: file) }
  }

  package func read(
    into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle
  ) throws -> Int {
    try perform("read", file.path) { try disk.read(into: regions, at: offset, from: file) }
  }

  package func facts(of file: DiskHandle) throws -> FileFacts {
    try perform("examine", file.path) { try disk.facts(of: file) }
  }

  package func sync(_ file: DiskHandle) throws {
    try perform("sync", file.path) { try disk.sync(file) }
  }

  package func syncDirectory(_ directory: DiskHandle) throws {
    try perform("sync directory", directory.path) { try disk.syncDirectory(directory) }
  }

  package func startWriteback(of file: DiskHandle, from offset: Int64, count: Int64) {
    made.withLockedValue { $0.append("start writeback") }
    disk.startWriteback(of: file, from: offset, count: count)
  }

  package func expectSequentialReads(of file: DiskHandle) {
    disk.expectSequentialReads(of: file)
  }

  package func forgetCached(_ file: DiskHandle) {
    disk.forgetCached(file)
  }

  package func unlink(_ name: String, in directory: DiskHandle) throws {
    try perform("remove", name) { try disk.unlink(name, in: directory) }
  }

  package func rename(
    _ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle
  ) throws {
    try perform("rename", name) { try disk.rename(name, in: directory, to: newName, in: target) }
  }

  package func list(_ directory: DiskHandle) throws -> [String] {
    try perform("list", directory.path) { try disk.list(directory) }
  }

  package func usage(of directory: DiskHandle) throws -> DiskUsage {
    try perform("measure", directory.path) {
      try pretended.withLockedValue { $0 } ?? disk.usage(of: directory)
    }
  }

  private func perform<Result>(_ operation: String, _ path: String, _ body: () throws -> Result) throws -> Result {
    let number = made.withLockedValue { made in
      made.append(operation)
      return made.count
    }
    if let code = rule.withLockedValue({ $0 })?(operation, path) {
      throw SpoolError.disk(operation: operation, path: path, errno: code)
    }
    guard let fault, number == fault.call || fault.isFatal && number > fault.call else { return try body() }
    if fault.takesEffect && number == fault.call { _ = try? body() }
    throw SpoolError.disk(operation: operation, path: path, errno: fault.errno)
  }
}
