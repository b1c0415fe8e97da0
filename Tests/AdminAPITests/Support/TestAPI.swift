import AdminAPI
import DICOM
import DICOMNetwork
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOPosix

/// The API over a ledger in memory, without a network.
struct TestAPI {
  let context: EngineContext

  /// Calls the API that `prepare` has filled the ledger of.
  static func run(
    routes: [Route] = [], routesOnDisk: @escaping ReplayRoutes.Reading = { RouteTable(routes: []) },
    readiness: Readiness = TestAPI.ready, patience: Duration = .seconds(60),
    reload: @escaping ReloadRoutes.Reload = { _ in throw ReloadError.noFile },
    prepare: (any Ledger) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (any TestClientProtocol, EngineContext) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "escrow-api-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let ledger = MemoryLedger()
    try await prepare(ledger)
    var settings = Settings()
    settings.spool.path = folder.path + "/spool"
    let archive = Peer(name: "archive", aeTitle: "ARCHIVE", host: "127.0.0.1", port: 104, allow: [.echo, .report])
    settings.peers = ["archive": archive]
    settings.routes = RouteTable(routes: routes)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let context = EngineContext(
      settings: settings, ledger: ledger, spool: try Spool.open(path: settings.spool.path, pool: .singleton),
      connector: AssociationConnector(
        group: MultiThreadedEventLoopGroup.singleton, ioPool: .singleton, logger: logger), pool: .singleton,
      logger: logger)
    let application = Application(
      router: AdminServer(
        context: context, readiness: readiness, ping: { _ in WebhookPing(status: 200, seconds: 0) },
        backup: { try TestAPI.backup(in: $0) }, routesOnDisk: routesOnDisk, reload: reload, patience: patience
      ).router())
    try await application.test(.router) { try await body($0, context) }
  }

  /// As of a router that has started.
  static var ready: Readiness {
    let readiness = Readiness()
    readiness.isListening(on: 104)
    return readiness
  }

  /// A backup that is said to be made; one at `/full` is refused.
  private static func backup(in directory: String) throws -> BackupBody {
    if directory == "/full" { throw BackupError.notEmpty(directory) }
    return BackupBody(
      version: 1, software: "test", madeAt: "2026-11-25T08:00:00.000Z",
      ledger: .init(file: "escrow.db", id: "L", spool: "S", schema: ["1 first"], bytes: 4096, digest: "00"),
      instances: ["held": 1], deliveries: [:])
  }

  /// An instance on its way to the archive.
  static func admission(_ number: Int = 1, proof: Proof = .commitment) -> Admission {
    let id = InstanceID(rawValue: "0198a000-0000-7000-8000-00000000000\(number)")
    return Admission(
      id: id, sop: SOPInstance(classUID: SampleInstance.Modality.ct.sopClassUID, instanceUID: UID("1.2.3.\(number)")),
      transferSyntax: TransferSyntax.explicitLittleEndian.uid,
      attributes: InstanceAttributes(patientID: "SECRET", studyInstanceUID: "1.2.9"),
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a-1"),
      receivedAt: Timestamp(microseconds: 1_764_000_000_000_000), dataSetLength: 100,
      digest: Digest(high: 1, low: UInt64(number)), plan: RoutingPlan(deliveries: [.init(to: "archive", proof: proof)]))
  }
}

extension ByteBuffer {
  /// A JSON object.
  func object() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(readableBytesView)) as? [String: Any] ?? [:]
  }

  /// The objects of a list.
  func items() throws -> [[String: Any]] { try object()["items"] as? [[String: Any]] ?? [] }
}
