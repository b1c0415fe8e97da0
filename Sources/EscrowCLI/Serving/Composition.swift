import FoundationEssentials
import Glibc
import UnixSignals
import AdminAPI
import BuiltInArchive
import DICOM
import DICOMNetwork
package import EscrowConfiguration
package import EscrowCore
import EscrowEngine
package import EscrowSpool
package import LedgerSQLite
package import Logging
package import NIOPosix
import NIOCore
import ServiceLifecycle
import Webhooks

/// Builds the running system from its settings: the one place that knows every part.
package struct Composition {
  let settings: Settings
  let logger: Logger
  /// What it is made of below the road; always the default but in tests of what the tests would notice.
  let parts: Parts
  /// Where the settings are from, to be read again; nil when they cannot.
  package var source: ConfigurationSource?
  /// Told when the listener and the API accept connections: the DICOM port and the HTTP port.
  package var ready: @Sendable (_ dicom: Int, _ http: Int) async -> Void = { _, _ in }

  /// Reads the route files as they are now; without a configuration file, those that it was given.
  package var routesOnDisk: @Sendable () async throws -> RouteTable

  private static let ioThreads = 12
  /// What is sent is read on threads of its own: it does not wait until everything that comes is on the disk.
  private static let readThreads = 4

  package init(settings: Settings, logger: Logger, parts: Parts = Parts()) {
    self.settings = settings
    self.logger = logger
    self.parts = parts
    routesOnDisk = { settings.routes }
  }

  /// Runs until the process is told to stop (SIGTERM, SIGINT), or until a part fails.
  package func run() async throws {
    // A terminal that goes away, or a reload before the router is ready for one, must not end it.
    signal(SIGHUP, SIG_IGN)
    let pool = NIOThreadPool(numberOfThreads: Self.ioThreads)
    pool.start()
    let readers = NIOThreadPool(numberOfThreads: Self.readThreads)
    readers.start()
    // Nor does it take turns with what comes from hundreds of senders.
    let outgoing = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let group = MultiThreadedEventLoopGroup.singleton
    let (spool, ledger, ledgerVolume) = try await open(pool: pool)
    let transport = try CurlTransport(.init(version: Software.version))
    let webhooks = try dispatcher(ledger: ledger, transport: transport)
    let context = EngineContext(
      settings: settings, ledger: parts.road(ledger, spool), spool: spool, ledgerVolume: ledgerVolume,
      connector: AssociationConnector(group: outgoing, ioPool: readers, logger: logger), pool: IOThreads(pool),
      logger: logger, predecessorEnded: ledger.predecessorEnded,
      decisionHook: HTTPDecisionHook(transport: transport), webhooks: { webhooks.wake() })
    try await ledger.subscribe(settings.webhooks.map(\.subscription), now: .now())
    try await services(context, ledger: ledger, webhooks: webhooks, group: group, pool: pool).run()
    await transport.shutdown()
    try await ledger.close()
    // What is still being read is told to its event loop.
    try await readers.shutdownGracefully()
    try await outgoing.shutdownGracefully()
    try await pool.shutdownGracefully()
  }

  /// Opens ledger and spool, each of which carries the other's id and refuses another.
  ///
  /// On a full disk the ballast goes first: what runs can delete.
  package func open(pool: NIOThreadPool) async throws -> (Spool, SQLiteLedger, Volume) {
    let ledgerVolume = try Volume.ofLedger(at: settings.ledger.path)
    try ledgerVolume.makeWayIfFull()
    try Premises(settings).check(settings)
    try Volume.ofSpool(at: settings.spool.path, disk: parts.disk).makeWayIfFull()
    let ledger = try parts.openLedger(settings.ledger.path)
    let spool = try Spool.open(
      path: settings.spool.path, disk: parts.disk, pool: IOThreads(pool), ledgerID: ledger.id.uuidString,
      maximumLength: settings.dicom.limits.dataSetLength)
    ledger.whenFull { [ledgerVolume, spoolVolume = spool.volume] in
      ((try? ledgerVolume.makeWay()) ?? false) || ((try? spoolVolume.makeWay()) ?? false)
    }
    try await ledger.bind(spool: UUID(uuidString: spool.identity.id) ?? UUID())
    for warning in spool.warnings { logger.warning("\(warning)") }
    return (spool, ledger, ledgerVolume)
  }

  private func services(
    _ context: EngineContext, ledger: SQLiteLedger, webhooks: WebhookDispatcher, group: any EventLoopGroup,
    pool: NIOThreadPool
  ) throws -> ServiceGroup {
    let readiness = Readiness()
    let reload = source.map { Reload(file: $0.file, read: $0.routes, context: context, webhooks: webhooks) }
    let http = Announcement(readiness: readiness, ready: ready)
    var services: [any Service] = [
      WebhookService(dispatcher: webhooks),
      AdminServer(
        context: context, readiness: readiness, ping: { try await webhooks.ping($0) },
        backup: { [ledger] in
          try await BackupFolder.create(at: $0).write(now: .now()) { try await ledger.copy(to: $0) }
        },
        routesOnDisk: routesOnDisk,
        reload: {
          guard let reload else { throw ReloadError.noFile }
          return try await reload.run(by: $0)
        },
        running: { await http.http(on: $0) }),
    ]
    if let reload { services.append(ReloadService(reload: reload, context: context, readiness: readiness)) }
    if let port = settings.builtInArchivePort {
      services.append(try archive(port: port, context: context, group: group, pool: pool, readiness: readiness))
    }
    services.append(Engine(context: context, group: group, listening: { await http.dicom(on: $0) }))
    // What one of them cannot go on without, ends the others in good order: a connection that was just accepted and is
    // not handed over any more would be a trap of NIO's.
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(30)
    return ServiceGroup(configuration: configuration)
  }

  private func dispatcher(ledger: SQLiteLedger, transport: CurlTransport) throws -> WebhookDispatcher {
    WebhookDispatcher(
      outbox: ledger, endpoints: try settings.webhooks.map { try $0.endpoint() }, transport: transport,
      apiURL: settings.http.url(port: settings.http.port), logger: logger)
  }

  /// The archive that a checkout and the demo come with: it reports to our own listener.
  ///
  /// It keeps what it stores beside the spool.
  private func archive(
    port: Int, context: EngineContext, group: any EventLoopGroup, pool: NIOThreadPool, readiness: Readiness
  ) throws -> BuiltInArchive {
    try BuiltInArchive(
      directory: settings.spool.path + "-archive", at: .init(port: port), group: group, pool: pool,
      reportTo: { aeTitle in
        guard context.settings.aeTitles.contains(aeTitle), let port = readiness.port else { return nil }
        return ("127.0.0.1", port)
      }, logger: logger)
  }
}

extension Settings.WebhookEndpoint {
  /// What the ledger must know of it.
  var subscription: EndpointSubscription { EndpointSubscription(name: name, url: url, events: events) }

  /// What the dispatcher must know of it.
  func endpoint() throws -> WebhookEndpoint {
    try WebhookEndpoint(
      name: name, url: url, secrets: secrets, allowAddresses: allowAddresses, includePatient: includePatient)
  }
}
