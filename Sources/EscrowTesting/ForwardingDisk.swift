package import EscrowSpool

/// A disk that is another one but for what it does itself.
package protocol ForwardingDisk: SpoolDisk {
  var disk: any SpoolDisk { get }
}

extension ForwardingDisk {
  package func openRoot(_ path: String) throws -> DiskHandle {
    try disk.openRoot(path)
  }

  package func openDirectory(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try disk.openDirectory(name, in: directory)
  }

  package func makeDirectory(_ name: String, in directory: DiskHandle) throws {
    try disk.makeDirectory(name, in: directory)
  }

  package func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try disk.createFile(name, in: directory)
  }

  package func openFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try disk.openFile(name, in: directory)
  }

  package func lockFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    try disk.lockFile(name, in: directory)
  }

  package func write(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws -> Int {
    try disk.write(regions, at: offset, to: file)
  }

  package func reserve(_ count: Int64, for file: DiskHandle) throws {
    try disk.reserve(count, for: file)
  }

  package func read(
    into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle
  ) throws -> Int {
    try disk.read(into: regions, at: offset, from: file)
  }

  package func facts(of file: DiskHandle) throws -> FileFacts {
    try disk.facts(of: file)
  }

  package func sync(_ file: DiskHandle) throws {
    try disk.sync(file)
  }

  package func syncDirectory(_ directory: DiskHandle) throws {
    try disk.syncDirectory(directory)
  }

  package func startWriteback(of file: DiskHandle, from offset: Int64, count: Int64) {
    disk.startWriteback(of: file, from: offset, count: count)
  }

  package func expectSequentialReads(of file: DiskHandle) {
    disk.expectSequentialReads(of: file)
  }

  package func forgetCached(_ file: DiskHandle) {
    disk.forgetCached(file)
  }

  package func unlink(_ name: String, in directory: DiskHandle) throws {
    try disk.unlink(name, in: directory)
  }

  package func rename(_ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle) throws {
    try disk.rename(name, in: directory, to: newName, in: target)
  }

  package func list(_ directory: DiskHandle) throws -> [String] {
    try disk.list(directory)
  }

  package func usage(of directory: DiskHandle) throws -> DiskUsage {
    try disk.usage(of: directory)
  }
}
