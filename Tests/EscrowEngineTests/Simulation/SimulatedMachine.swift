import DICOM
import DICOMNetwork
import EscrowConfiguration
import EscrowCore
@testable import EscrowEngine
@testable import EscrowSpool
import EscrowTesting
import Logging
import NIOPosix

/// A machine that runs Escrow: two disks, which lose power together, and a clock.
struct SimulatedMachine {
  var spool: SimulatedDisk
  var ledger: SimulatedDisk

  /// How a process ends.
  enum Death: CaseIterable, Sendable {
    case kill
    case powerCut
  }

  /// A machine on which Escrow was installed and never ran.
  init(seed: UInt64, flaw: SimulationFlaw?) {
    spool = Self.laidOut.copy(seed: seed).with(flaw?.disk)
    ledger = SimulatedDisk(seed: seed &+ 1)
  }

  /// What the next process finds.
  func after(_ death: Death, seed: UInt64) -> SimulatedMachine {
    var next = self
    next.spool = death == .kill ? spool.killed() : spool.powerCut(seed: seed)
    next.ledger = death == .kill ? ledger.killed() : ledger.powerCut(seed: seed &+ 1)
    return next
  }

  /// The instance files that everybody sees, each by its name's id.
  var files: [InstanceID] {
    spool.paths.compactMap { $0.count == 2 && $0[0] != SpoolNames.orphans ? SpoolNames.id(of: $0[1]) : nil }.sorted()
  }

  /// Where the file of an instance is below the root.
  static func path(of file: InstanceID) -> [String] {
    (try? SpoolNames.place(of: file)).map { [$0.shard, $0.file] } ?? []
  }

  /// Laying out a spool is a test of its own; here every run begins with one.
  private static let laidOut: SimulatedDisk = {
    let disk = SimulatedDisk()
    do {
      try Spool.open(path: "/spool", disk: disk, pool: .none).pair(withLedger: "L1")
    } catch {
      preconditionFailure("a spool in memory cannot be laid out: \(error)")
    }
    return disk
  }()
}

/// One life of the program: everything that is gone when it ends.
struct SimulatedProcess {
  let context: EngineContext
  let memory: MemoryLedger
  let file: SimulatedLedgerFile
  let intake: ReceiveService
  private let disks: [StormyDisk]
  /// Instances that are being received.
  var receptions: [SimulatedReception] = []
  /// Outcomes of attempts that are not on record yet.
  var outcomes: [AttemptOutcome] = []

  /// Opens ledger and spool as the program does, without recovery.
  init(
    on machine: SimulatedMachine, weather: Weather, clock: SimulatedClock, versions: MemoryVersions,
    ids: @escaping @Sendable (Timestamp) -> InstanceID, flaw: SimulationFlaw?, journal: SimulationJournal,
    interruption: Interruption
  ) throws {
    let ledgerDisk = StormyDisk(machine.ledger) { weather.mishap(at: $0) }
    let spoolDisk = StormyDisk(machine.spool) { weather.mishap(at: $0) }
    let file = try SimulatedLedgerFile(on: ledgerDisk, versions: versions, syncs: flaw != .noCommitSync)
    let memory = MemoryLedger(file.found) { try file.commit($0) }
    let disk = flaw?.disk(spoolDisk) ?? spoolDisk
    let spool = try Spool.open(path: "/spool", disk: disk, pool: .none, ledgerID: "L1")
    let logger = Logger(label: "simulation") { _ in SimulatedLog(journal: journal) }
    self.file = file
    self.memory = memory
    disks = [ledgerDisk, spoolDisk]
    context = EngineContext(
      settings: Self.settings,
      ledger: InterruptedLedger(
        ledger: flaw?.ledger(memory, file: file, spool: spool) ?? memory, interruption: interruption), spool: spool,
      connector: AssociationConnector(
        group: MultiThreadedEventLoopGroup.singleton, ioPool: .singleton, logger: logger),
      pool: .none, clock: clock.engineClock, newID: ids, logger: logger)
    intake = ReceiveService(context: context)
  }

  /// Nothing that still runs of it has any effect from now on.
  func end() { for disk in disks { disk.die() } }

  static let policy = CommitmentPolicy(
    quiet: .seconds(5), maxWait: .seconds(30), maxReferences: 3, askAgain: [.seconds(40), .seconds(90)],
    alarmAfter: .seconds(200), asksBeforeResend: 2, maxResends: 2)

  static let queryPolicy = QueryPolicy(
    after: .seconds(5), askAgain: [.seconds(40), .seconds(90)], resendAfter: 2, maxResends: 2, recheck: .minutes(10),
    alarmAfter: .seconds(200))

  private static let settings: Settings = {
    var settings = Settings()
    settings.routes = SimulatedContent.Kind.routes
    settings.ledger.keepRecord = Oracle.keepRecord
    for name in ["archive", "research"] as [PeerName] {
      var peer = Peer(
        name: name, aeTitle: AETitle(name.rawValue), host: "10.0.0.5", port: 104, allow: [.echo, .report])
      peer.commitment.policy = policy
      peer.query.policy = queryPolicy
      settings.peers[name] = peer
    }
    return settings
  }()
}

/// What the program logs, for the journal of a failing seed.
private struct SimulatedLog: LogHandler {
  let journal: SimulationJournal
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  init(journal: SimulationJournal) {
    self.journal = journal
    logLevel = journal.isKept ? .info : .critical
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { journal.note("log: \(event.message)") }
}
