import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Foundation
import LedgerSQLite
import Logging
import NIOPosix

/// The whole engine in this process: real sockets on loopback, a spool and an SQLite ledger in a folder of its own.
struct RunningEngine: Sendable {
  let context: EngineContext
  /// Where it accepts associations.
  let port: Int

  var ledger: any Ledger { context.ledger }

  /// Runs an engine for the time of `body`.
  static func run<Result: Sendable>(
    peers: [Peer] = [.scanner], unknownPeers: Set<PeerRight> = [], routes: [Route] = [], clock: EngineClock = .system,
    disk: any SpoolDisk = PosixDisk(), hook: (any DecisionHook)? = nil, adapt: (inout Settings) -> Void = { _ in },
    prepare: (any Ledger, Settings) async throws -> Void = { _, _ in },
    _ body: (RunningEngine) async throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "escrow-engine-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = Settings()
    settings.dicom.host = "127.0.0.1"
    settings.dicom.port = 0
    settings.dicom.limits.associationRequest = .minutes(10)
    settings.dicom.limits.messageStall = .minutes(10)
    settings.dicom.limits.idle = .minutes(10)
    settings.spool.path = folder.path + "/spool"
    settings.spool.lowWatermark = .bytes(0)
    settings.spool.stopWatermark = .bytes(0)
    settings.peers = Dictionary(uniqueKeysWithValues: peers.map { ($0.name, $0) })
    settings.unknownPeers = unknownPeers
    settings.routes = RouteTable(routes: routes)
    adapt(&settings)
    return try await run(settings, in: folder.path, clock: clock, disk: disk, hook: hook, prepare, body)
  }

  private static func run<Result: Sendable>(
    _ settings: Settings, in folder: String, clock: EngineClock, disk: any SpoolDisk,
    hook: (any DecisionHook)?, _ prepare: (any Ledger, Settings) async throws -> Void,
    _ body: (RunningEngine) async throws -> Result
  ) async throws -> Result {
    let ledger = try SQLiteLedger.open(path: folder + "/escrow.db")
    try await prepare(ledger, settings)
    let spool = try Spool.open(
      path: settings.spool.path, disk: disk, pool: .singleton, ledgerID: ledger.id.uuidString)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let group = MultiThreadedEventLoopGroup.singleton
    let context = EngineContext(
      settings: settings, ledger: ledger, spool: spool,
      connector: AssociationConnector(group: group, ioPool: .singleton, logger: logger), pool: .singleton,
      clock: clock, logger: logger, decisionHook: hook)
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { listening.finish() }
        try await Engine(context: context, group: group, listening: { listening.yield($0) }).run()
      }
      var iterator = ports.makeAsyncIterator()
      guard let port = await iterator.next() else { throw ScriptDeparture(expected: "an engine that listens") }
      let result = try await body(RunningEngine(context: context, port: port))
      context.drain()
      tasks.cancelAll()
      return result
    }
  }

  /// The names of the instance files in the spool.
  func spooledFiles() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: context.settings.spool.path)
      .filter { $0.hasSuffix(".dcm") && !$0.hasPrefix("orphans") }.sorted()
  }

  /// An established association of a peer that does what the test says; context 1 Verification, 3 what `sample` needs,
  /// 5 Storage Commitment with the roles of `role`.
  func associate(
    as callingAE: AETitle = "CT1", role: (scu: Bool, scp: Bool)? = nil,
    toStore sample: SampleInstance = SampleInstance()
  ) async throws -> (peer: ScriptedPeer, accept: AssociateAccept) {
    var proposal = Proposal(calledAE: "ESCROW", callingAE: callingAE, implementationClassUID: "2.25.2")
    proposal.add(Verification.sopClassUID, transferSyntaxes: [TransferSyntax.explicitLittleEndian.uid])
    proposal.add(sample.sop.classUID, transferSyntaxes: [sample.transferSyntax.uid])
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: [TransferSyntax.explicitLittleEndian.uid])
    if let role { proposal.selectRoles(for: StorageCommitment.sopClassUID, scu: role.scu, scp: role.scp) }
    let peer = try await ScriptedPeer.connect(to: port)
    try await peer.send(.associateRequest(proposal.request))
    guard case .associateAccept(let accept)? = try await peer.next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-AC")
    }
    return (peer, accept)
  }

  /// Waits until `condition` holds; what it waits for is told when it does not within a minute.
  func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<6000 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw ScriptDeparture(expected: what)
  }

  /// The only delivery there is.
  func delivery() async throws -> Delivery {
    guard let record = try await ledger.deliveries(DeliveryFilter(), page: PageRequest()).items.first else {
      throw ScriptDeparture(expected: "a delivery")
    }
    return record.delivery
  }
}

extension Peer {
  /// A modality on this machine that may store.
  static let scanner = Peer(name: "ct1", aeTitle: "CT1", addresses: AddressRange.loopback, allow: [.echo, .store])

  /// An archive on this machine.
  static func archive(port: Int, adapt: (inout Peer) -> Void = { _ in }) -> Peer {
    var peer = Peer(
      name: "archive", aeTitle: "ARCHIVE", host: "127.0.0.1", port: port, allow: [.echo, .report], associations: 1,
      retry: RetryPolicy(first: .milliseconds(50), max: .milliseconds(200)), timeouts: .patient)
    peer.commitment.policy.quiet = .zero
    adapt(&peer)
    return peer
  }
}

extension PeerTimeouts {
  /// For where nothing is to time out, however busy the machine is.
  static let patient = PeerTimeouts(
    connect: .minutes(10), association: .minutes(10), echo: .minutes(10), action: .minutes(10), query: .minutes(10))
}

extension AddressRange {
  static let loopback = ["127.0.0.0/8"].compactMap { AddressRange($0) }
}

extension Route {
  /// Everything goes to the archive.
  static func everything(proof: Proof, acceptDiscarded: Bool = false) -> Route {
    Route(
      name: "everything", match: .all([]), sends: [.init(to: "archive", proof: proof)], retention: .never,
      acceptDiscarded: acceptDiscarded)
  }
}

extension Route {
  /// What has this Modality (0008,0060) goes to the archive.
  static func modality(_ value: String) throws -> Route {
    let condition = Condition(.attribute(.modality), name: "Modality", patterns: [try Pattern(value)])
    return Route(name: "modality", match: .all([condition]), sends: [.init(to: "archive", proof: .response)])
  }
}

extension RunningEngine {
  /// Deletes instance files as a broken disk or a careless person would.
  func deleteSpooled(_ files: [String]) throws {
    for file in files { try FileManager.default.removeItem(atPath: context.settings.spool.path + "/" + file) }
  }
}
