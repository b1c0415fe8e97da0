import AdminAPI
import EscrowCore
import EscrowSpool
import Foundation
import LedgerSQLite

/// A folder with a copy of a ledger, perhaps of the spool's files, and a manifest, which is written last.
struct BackupFolder: Sendable {
  let path: String

  static let manifest = "manifest.json"
  private static let ledgerName = "escrow.db"

  var ledger: String { "\(path)/\(Self.ledgerName)" }
  var spool: String { "\(path)/spool" }

  /// Makes a new folder, with what is missing of its path, or takes an empty one.
  static func create(at path: String) throws -> BackupFolder {
    do {
      let disk = PosixDisk()
      guard try disk.list(try disk.openRoot(path)).isEmpty else { throw BackupError.notEmpty(path) }
      return BackupFolder(path: path)
    } catch let error as SpoolError {
      throw BackupError.notWritable(path, cause: "\(error)")
    }
  }

  /// Lets `copy` make the copy of the ledger, and writes the manifest.
  func write(now: Timestamp, copy: (_ target: String) async throws -> Void) async throws -> BackupBody {
    do {
      try await copy(ledger)
    } catch LedgerError.notCopied(_, let cause) {
      throw BackupError.notWritable(path, cause: cause)
    }
    guard let found = try LedgerExamination.of(ledger, isThorough: false), let id = found.id, let spool = found.spool
    else { throw LedgerError.unusable(path: ledger, cause: "it was never used with a spool") }
    let size = try FileManager.default.attributesOfItem(atPath: ledger)[.size] as? Int64
    let body = BackupBody(
      version: 1, software: Software.version, madeAt: now.rfc3339,
      ledger: .init(
        file: Self.ledgerName, id: id.uuidString, spool: spool.uuidString.lowercased(),
        schema: found.migrations.sorted(), bytes: size ?? 0, digest: "\(try Digest.ofFile(at: ledger))"),
      instances: found.instances, deliveries: found.deliveries)
    do {
      try write(body)
    } catch let error as SpoolError {
      throw BackupError.notWritable(path, cause: "\(error)")
    }
    return body
  }

  /// Reads the manifest, and checks that the ledger is what it says.
  func verify() throws -> BackupBody {
    guard let data = FileManager.default.contents(atPath: "\(path)/\(Self.manifest)") else {
      throw Failure(.no, "\(path) is no complete backup: it has no \(Self.manifest)")
    }
    guard let body = try? JSONDecoder().decode(BackupBody.self, from: data), body.version == 1 else {
      throw Failure(.no, "\(path)/\(Self.manifest) cannot be read by escrow \(Software.version)")
    }
    guard let digest = try? Digest.ofFile(at: ledger) else { throw Failure(.no, "\(ledger) cannot be read") }
    guard "\(digest)" == body.ledger.digest else {
      throw Failure(.no, "\(ledger) is not what was backed up: its digest is \(digest), not \(body.ledger.digest)")
    }
    guard let found = try LedgerExamination.of(ledger, isThorough: true), found.id?.uuidString == body.ledger.id else {
      throw Failure(.no, "\(ledger) is not the ledger that the manifest names")
    }
    return body
  }

  private func write(_ body: BackupBody) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(body) + Data("\n".utf8)
    let disk = PosixDisk()
    let root = try disk.openRoot(path)
    let partial = Self.manifest + ".partial"
    let file = try disk.createFile(partial, in: root)
    guard try data.withUnsafeBytes({ try disk.write([$0], at: 0, to: file) }) == data.count else {
      throw BackupError.notWritable(path, cause: "the disk is full")
    }
    try disk.sync(file)
    try disk.rename(partial, in: root, to: Self.manifest, in: root)
    try disk.syncDirectory(root)
  }
}
