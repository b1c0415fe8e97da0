package import EscrowCore
import Glibc

extension Spool {
  /// Opens a file for reading, once its header and length have been checked. Blocks.
  ///
  /// - Throws: ``SpoolError/damaged(file:reason:)`` if it is incomplete, another's or no spool file at all; see
  ///   ``SpoolError/isMissing``.
  package func open(_ file: InstanceID) throws -> SpoolReader {
    let (shard, name) = try SpoolNames.place(of: file)
    return try open(file, name: name, in: try disk.openDirectory(shard, in: root))
  }

  /// As ``open(_:)``, and checks that the file is what the ledger says.
  package func open(_ file: InstanceID, dataSetLength: Int64, digest: Digest) throws -> SpoolReader {
    let reader = try open(file)
    guard reader.record.digest == digest, reader.record.dataSetLength == dataSetLength else {
      throw damaged(file, "it is not the file that the ledger knows")
    }
    return reader
  }

  /// Reads all of a file to see whether it is whole. Blocks for as long as that takes.
  package func verify(_ file: InstanceID) throws {
    try open(file).forEachChunk { _ in }
  }

  func open(_ file: InstanceID, name: String, in directory: DiskHandle) throws -> SpoolReader {
    let handle = try openRegularFile(file, name: name, in: directory)
    let size = try disk.facts(of: handle).size
    guard let (record, offset) = try readHeader(from: handle) else {
      throw damaged(file, "its header is not that of a complete spool file")
    }
    guard record.id == file else { throw damaged(file, "it is the file of \(record.id)") }
    guard size - Int64(offset) == record.dataSetLength else {
      throw damaged(file, "it has \(size - Int64(offset)) bytes of data set instead of \(record.dataSetLength)")
    }
    disk.expectSequentialReads(of: handle)
    let reader = SpoolReader(record, dataSetOffset: Int64(offset), file: handle, on: disk)
    if record.dataSetLength == 0 { try reader.checkDigest() }
    return reader
  }

  /// A symbolic link, a directory or a pipe in a file's place is damage, never followed.
  private func openRegularFile(_ file: InstanceID, name: String, in directory: DiskHandle) throws -> DiskHandle {
    do {
      let handle = try disk.openFile(name, in: directory)
      guard try disk.facts(of: handle).isRegular else { throw damaged(file, "it is not a regular file") }
      return handle
    } catch let error as SpoolError where error.code == ELOOP {
      throw damaged(file, "it is a symbolic link")
    }
  }

  /// Whether there is a file of that name which says, in a whole header, that it is another instance's, or which may not
  /// be read. One that is lost says nothing.
  func isOfAnother(_ file: InstanceID, name: String, in directory: DiskHandle) throws -> Bool {
    do {
      let handle = try openRegularFile(file, name: name, in: directory)
      return try readHeader(from: handle).map { $0.record.id != file } ?? false
    } catch let error as SpoolError where error.isLoss {
      return false
    } catch let error as SpoolError where error.code == EACCES {
      // Nothing is deleted on hope.
      return true
    }
  }

  /// Reads as much as headers usually have, and more only if that is not enough.
  private func readHeader(from handle: DiskHandle) throws -> (record: SpoolRecord, length: Int)? {
    for count in [SpoolFileHeader.usualLength, SpoolFileHeader.greatestLength] {
      let start = try disk.readAll(count, at: 0, from: handle)
      if let header = SpoolFileHeader.decode(start) { return header }
    }
    return nil
  }

  private func damaged(_ file: InstanceID, _ reason: String) -> SpoolError { .damaged(file: file, reason: reason) }
}
