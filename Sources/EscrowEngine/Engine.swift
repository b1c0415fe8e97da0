import EscrowConfiguration
import EscrowSpool
import DICOMNetwork
import EscrowCore
import Logging
import NIOConcurrencyHelpers
package import NIOCore
import ServiceLifecycle

/// The whole road as one service: recovery first, then sending, asking and upkeep, the listener last.
package struct Engine: Service {
  private let context: EngineContext
  private let group: any EventLoopGroup
  /// Told the listener's port when it accepts associations.
  private let listening: @Sendable (Int) async -> Void

  package init(
    context: EngineContext, group: any EventLoopGroup, listening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.context = context
    self.group = group
    self.listening = listening
  }

  package func run() async throws {
    // However it ends: what waits for it elsewhere waits no longer.
    defer { context.drain() }
    try await context.pool.runIfActive { context.peers.resolveHosts() }
    try await context.pool.runIfActive { context.space.look(at: context.clock.monotonic()) }
    // Before recovery, which records what is newer.
    try await ClockGuard.check(in: context)
    _ = try await Recovery(context: context).run()
    try await Modalities(context: context).restore()
    try await HealthChanges(context: context).restore()
    try await DestinationOperations(context: context).review()
    try await MissingDestinations(context: context).review()
    try await context.sources.refresh { try await context.ledger.sources() }
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await context.outcomes.run(context: context) }
        group.addTask {
          defer { context.outcomes.close() }
          try await DeliveryService(context: context).run()
        }
        group.addTask { try await CommitmentService(context: context).run() }
        group.addTask { try await QueryService(context: context).run() }
        group.addTask { try await JobService(context: context).run() }
        group.addTask { try await UpkeepService(context: context).run() }
        group.addTask { try await listen() }
        // The first that fails ends all.
        while try await group.next() != nil {}
      }
    } onGracefulShutdown: {
      context.drain()
    }
  }

  private func listen() async throws {
    let dicom = context.settings.dicom
    let listener = AssociationListener(
      host: dicom.host, port: dicom.port, limits: ListenerLimits(dicom.limits), group: group,
      service: ReceiveService(context: context), logger: context.logger)
    try await withGracefulShutdownHandler {
      do {
        try await listener.run(bound: listening)
      } catch let error as IOError {
        throw ListenError(service: "DICOM", host: dicom.host, port: dicom.port, errno: error.errnoCode)
      }
    } onGracefulShutdown: {
      listener.drain()
    }
  }
}
