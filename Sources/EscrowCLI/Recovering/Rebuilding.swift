import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import Foundation
import LedgerSQLite
import NIOPosix

/// Makes a new ledger beside the old one and exchanges them; both the ledger and the spool are locked meanwhile.
///
/// The new ledger has the name under which the spool knows its ledger, so it may be interrupted anywhere: before the
/// exchange the old one is in use, between its two steps none is there and a start is refused, after it the new one is.
struct Rebuilding {
  private let settings: Settings
  private let ledger: LedgerFiles
  private let spool: Spool
  private let takesOrphans: Bool
  private let orphans: [InstanceID]
  private let pool: NIOThreadPool

  struct Output: Encodable {
    var done: Bool
    var instances = 0
    var held = 0
    var conflicted = 0
    var repeated = 0
    /// Complete files in orphans/.
    var orphans = 0
    var unusable: [Unusable] = []
    var keptLedger: String?
    /// What the old ledger had, if it could be read.
    var lost: String?

    struct Unusable: Encodable {
      var file: String
      var reason: String
    }
  }

  init(_ settings: Settings, takingOrphans: Bool, changing: Bool) throws {
    self.settings = settings
    takesOrphans = takingOrphans
    ledger = try LedgerFiles(path: settings.ledger.path)
    guard FileManager.default.fileExists(atPath: settings.spool.path) else {
      throw Failure(.no, "there is no spool at \(settings.spool.path): is its disk mounted?")
    }
    pool = NIOThreadPool(numberOfThreads: 4)
    pool.start()
    do {
      spool = try Spool.open(path: settings.spool.path, pool: IOThreads(pool), adopting: changing)
    } catch let error as SpoolError where error.isMissingIdentity && !changing {
      throw Failure(.no, "\(error): rebuild --yes gives it a new one")
    }
    orphans = try spool.completeOrphans()
  }

  /// Reads the headers of all files.
  func preview() async throws -> Output {
    var output = Output(done: false)
    output.orphans = orphans.count
    let files = try spool.inventory().files
    let progress = Progress(total: files.count)
    for (index, file) in files.enumerated() {
      do {
        _ = try spool.open(file)
        output.instances += 1
      } catch let error as SpoolError where error.isLoss {
        output.unusable.append(.init(file: file.rawValue, reason: "\(error)"))
      }
      if index % 1000 == 0 { progress.show(index) }
    }
    progress.end()
    if takesOrphans { output.instances += orphans.count }
    output.lost = oldCounts
    try await pool.shutdownGracefully()
    return output
  }

  func run() async throws -> Output {
    var output = Output(done: true)
    let lost = oldCounts
    if takesOrphans { for file in orphans where try spool.takeBack(orphan: file) { output.orphans += 1 } }
    let new = try ledger.begin(named: spool.identity.ledgerID.flatMap { UUID(uuidString: $0) })
    try await fill(new, &output)
    try await new.close()
    if ledger.exist {
      output.keptLedger = try ledger.setAside("before-rebuild", now: .now())
      output.lost = lost
    }
    try ledger.installBegun()
    try spool.pair(withLedger: new.id.uuidString)
    try await pool.shutdownGracefully()
    return output
  }

  private func fill(_ new: SQLiteLedger, _ output: inout Output) async throws {
    try await new.bind(spool: UUID(uuidString: spool.identity.id) ?? UUID())
    let files = try spool.inventory().files
    let progress = Progress(total: files.count)
    let summary = try await Rebuild(of: spool, into: new, routes: settings.routes, pool: IOThreads(pool))
      .run(files) { progress.show($0) }
    progress.end()
    output.instances = summary.routed + summary.held
    output.held = summary.held
    output.conflicted = summary.conflicted
    output.repeated = summary.repeated
    output.unusable = summary.unusable.map { .init(file: $0.file.rawValue, reason: $0.reason) }
    let now = Timestamp.now()
    let text =
      "the ledger was made anew on \(now.rfc3339) from \(files.count) files: states, proofs and history before are lost"
    if output.instances > 0 {
      let alarm = Alarm(.ledgerReplaced, subject: Alarm.replacedLedger, since: now, text: text)
      try await new.raise(alarm, event: nil)
    }
    try await new.tell(EscrowEvent(.operatorAction, at: now, reason: text, actor: "escrow rebuild"))
  }

  /// What the old ledger knows; nil when there is none or it cannot be read.
  private var oldCounts: String? {
    guard let found = try? ledger.examine(isThorough: false) else { return nil }
    return
      "\(countsText(found.instances, none: "no")) instances; \(countsText(found.deliveries, none: "no")) deliveries"
  }
}
