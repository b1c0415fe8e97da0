import EscrowSpool
import EscrowTesting
import NIOConcurrencyHelpers

/// Writes files under another name, syncs them and gives them their own; that the new name is durable it takes for
/// granted.
final class RenamingDisk: ForwardingDisk {
  let disk: any SpoolDisk = PosixDisk()
  /// The names that files will get, by the descriptor of the file.
  private let names = NIOLockedValueBox<[Int32: Name]>([:])

  private struct Name {
    var name: String
    var directory: DiskHandle

    var unfinished: String { name + ".part" }
  }

  func createFile(_ name: String, in directory: DiskHandle) throws -> DiskHandle {
    let name = Name(name: name, directory: directory)
    let file = try disk.createFile(name.unfinished, in: directory)
    names.withLockedValue { $0[file.descriptor] = name }
    return file
  }

  func sync(_ file: DiskHandle) throws {
    try disk.sync(file)
    guard let name = names.withLockedValue({ $0.removeValue(forKey: file.descriptor) }) else { return }
    try disk.rename(name.unfinished, in: name.directory, to: name.name, in: name.directory)
  }

  func syncDirectory(_ directory: DiskHandle) {}
}
