import EscrowConfiguration
package import EscrowCore
package import EscrowEngine
package import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server: `/api/v1`, `/health`, and what scripts for the reference system call.
package struct AdminServer: Service {
  private let context: EngineContext
  private let readiness: Readiness
  private let ping: WebhookRoutes.Ping
  private let backup: BackupRoutes.Backup
  private let routesOnDisk: ReplayRoutes.Reading
  private let reload: ReloadRoutes.Reload
  private let running: @Sendable (Int) async -> Void
  private let patience: Duration

  /// - Parameters:
  ///   - ping: sends a `ping` to a webhook that is configured.
  ///   - backup: makes a backup of the ledger in a directory.
  ///   - routesOnDisk: reads the route files as they are now.
  ///   - reload: reads the configuration again.
  ///   - running: told the port when the server accepts requests.
  ///   - patience: how long a request that changes something waits until the router is ready.
  package init(
    context: EngineContext, readiness: Readiness,
    ping: @escaping @Sendable (String) async throws -> WebhookPing, backup: @escaping BackupRoutes.Backup,
    routesOnDisk: @escaping ReplayRoutes.Reading,
    reload: @escaping ReloadRoutes.Reload,
    running: @escaping @Sendable (Int) async -> Void = { _ in }, patience: Duration = .seconds(30)
  ) {
    self.context = context
    self.readiness = readiness
    self.ping = ping
    self.backup = backup
    self.routesOnDisk = routesOnDisk
    self.reload = reload
    self.running = running
    self.patience = patience
  }

  package func run() async throws {
    let http = context.settings.http
    let running = running
    var logger = Logger(label: "escrow.http")
    logger.logLevel = .critical
    let application = Application(
      router: router(), configuration: .init(address: .hostname(http.host, port: http.port), serverName: "Escrow"),
      onServerRunning: { channel in await running(channel.localAddress?.port ?? http.port) }, logger: logger)
    try await application.run()
  }

  /// All routes with their checks.
  package func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: ProblemResponses(logger: context.logger))
    router.add(middleware: HostAndOriginCheck(hosts: Self.hosts(context.settings.http.host)))
    router.add(
      middleware: ChangesAfterRecovery(readiness: readiness, patience: patience) { [context] in context.isDraining })
    router.add(middleware: OperatorName())
    HealthRoutes(context: context, readiness: readiness).add(to: router.group("health"))
    let api = router.group("api/v1")
    ReadRoutes(context: context).add(to: api)
    EventRoutes(context: context).add(to: api)
    WebhookRoutes(context: context, ping: ping).add(to: api)
    WriteRoutes(context: context).add(to: api)
    OperatorRoutes(context: context).add(to: api)
    JobListRoutes(context: context).add(to: api)
    LegalHoldRoutes(context: context).add(to: api)
    DestinationRoutes(context: context).add(to: api)
    MaintenanceRoutes(context: context).add(to: api)
    ExportRoutes(context: context).add(to: api)
    ReconciliationRoutes(context: context).add(to: api)
    SpaceRoutes(context: context).add(to: api)
    BackupRoutes(context: context, backup: backup).add(to: api)
    ReplayRoutes(context: context, routes: routesOnDisk).add(to: api)
    ReloadRoutes(reload: reload).add(to: api)
    addCompatible(to: CompatibleRouting(router))
    return router
  }

  /// What scripts for the reference system call.
  private func addCompatible(to routing: CompatibleRouting<BasicRequestContext>) {
    SystemRoutes(context: context, readiness: readiness).add(to: routing)
    ResourceRoutes(context: context).add(to: routing)
    ModalityRoutes(context: context).add(to: routing)
    StoreRoutes(context: context).add(to: routing)
    CommitmentRoutes(context: context).add(to: routing)
    JobRoutes(context: context).add(to: routing)
  }

  private static func hosts(_ bound: String) -> Set<String> {
    let host = bound.contains(":") ? "[\(bound)]" : bound
    return ["localhost", "127.0.0.1", "[::1]", host.lowercased()]
  }
}
