import AdminAPI
import EscrowConfiguration
import EscrowCore
import EscrowSpool
import Foundation
import LedgerSQLite

/// Puts a backup in the place of what the configuration names; the ledger stays locked meanwhile.
struct Restore {
  let manifest: BackupBody
  private let folder: BackupFolder
  private let settings: Settings
  private let ledger: LedgerFiles
  private let spool: SpoolIdentity?
  private let hasFiles: Bool

  /// What was done, or would be.
  struct Output: Encodable {
    var done: Bool
    var manifest: BackupBody
    /// How many files were put back; nil when none had to be.
    var files: Int?
    /// Where the ledger is now that was there before.
    var keptLedger: String?
  }

  /// Checks everything that can be checked before anything is changed.
  init(of folder: BackupFolder, to settings: Settings, replacing: Bool, beginningEmpty: Bool) throws {
    self.folder = folder
    self.settings = settings
    manifest = try folder.verify()
    ledger = try LedgerFiles(path: settings.ledger.path)
    guard !ledger.exist || replacing else {
      throw Failure(.no, "there is a ledger at \(settings.ledger.path): --replace keeps it under another name")
    }
    hasFiles = FileManager.default.fileExists(atPath: folder.spool)
    if hasFiles, let other = try SpoolIdentity.find(at: folder.spool), other.id != manifest.ledger.spool {
      throw Failure(
        .no, "the files in \(folder.spool) are of spool \(other.id), the ledger is of \(manifest.ledger.spool)")
    }
    spool = try SpoolIdentity.find(at: settings.spool.path)
    guard spool != nil || hasFiles || beginningEmpty else {
      throw Failure(
        .no,
        "there is no spool at \(settings.spool.path), and the backup has no files: mount its disk, or begin with an "
          + "empty spool (--empty-spool), whose waiting instances then are marked damaged")
    }
    if let other = spool?.ledgerID, other != manifest.ledger.id {
      throw Failure(
        .no, "the spool \(settings.spool.path) belongs to ledger \(other), and the backup is of \(manifest.ledger.id)")
    }
    guard spool == nil || spool?.id == manifest.ledger.spool else {
      throw Failure(
        .no,
        "the backup belongs to spool \(manifest.ledger.spool), and \(settings.spool.path) is \(spool?.id ?? "another")")
    }
  }

  var preview: Output { Output(done: false, manifest: manifest) }

  /// What becomes of the spool's files, before it is done.
  var filesText: String {
    if hasFiles {
      return spool == nil
        ? "there is no spool at \(settings.spool.path) (is its disk mounted?): it is made, with the files of the backup"
        : "those that are missing in \(settings.spool.path) are put back"
    }
    return spool == nil
      ? "\(settings.spool.path) begins empty" : "none in the backup; those in \(settings.spool.path) stay"
  }

  /// The files first: a ledger that expects them comes when they are there.
  func run() throws -> Output {
    var output = Output(done: true, manifest: manifest)
    if hasFiles { output.files = try putBackFiles() }
    if try SpoolIdentity.find(at: settings.spool.path) == nil { try beginEmpty() }
    let restored = settings.ledger.path + ".restoring"
    try ledger.prepare(restored, from: folder.ledger, madeAt: manifest.madeAt, now: .now())
    if ledger.exist { output.keptLedger = try ledger.setAside("before-restore", now: .now()) }
    try ledger.install(restored)
    return output
  }

  private func putBackFiles() throws -> Int {
    let copy = SpoolCopy(from: folder.spool, to: settings.spool.path)
    let progress = Progress(total: try copy.count())
    let summary = try copy.run { progress.show(min($0, progress.total)) }
    progress.end()
    return summary.linked + summary.copied
  }

  private func beginEmpty() throws {
    try SpoolIdentity(id: manifest.ledger.spool, ledgerID: manifest.ledger.id).create(at: settings.spool.path)
  }
}
