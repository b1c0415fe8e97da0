package import DICOM
import DICOMNetwork
package import Logging
package import NIOCore
package import NIOPosix
import ServiceLifecycle

/// A small archive that commits: what a checkout and the demo send to. Not for patients.
///
/// Keeps every instance as a Part 10 file under a name of its own, answers storage commitment requests by a report
/// on a new association, and reports as committed only what is durable in its directory.
package struct BuiltInArchive: Service {
  /// Where it listens and what it answers to.
  package struct Address: Sendable {
    package var host: String
    package var port: Int
    package var aeTitle: AETitle

    package init(host: String = "127.0.0.1", port: Int, aeTitle: AETitle = "ARCHIVE") {
      self.host = host
      self.port = port
      self.aeTitle = aeTitle
    }
  }

  private let address: Address
  private let group: any EventLoopGroup
  private let archiving: Archiving
  private let logger: Logger
  private let bound: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - directory: created if missing; what is in it from earlier runs is known again.
  ///   - reportTo: the host and port at which an AE title that asked hears reports; nil refuses its requests.
  ///   - bound: told the port when connections are accepted.
  package init(
    directory: String, at address: Address, group: any EventLoopGroup, pool: NIOThreadPool,
    reportTo: @escaping @Sendable (AETitle) -> (host: String, port: Int)?, logger: Logger,
    bound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws {
    self.address = address
    self.group = group
    self.logger = logger
    self.bound = bound
    archiving = Archiving(
      store: try ArchiveStore(directory: directory, pool: pool), aeTitle: address.aeTitle,
      connector: AssociationConnector(group: group, ioPool: pool, logger: logger), reportTo: reportTo, logger: logger)
  }

  /// Serves until the process is told to stop.
  package func run() async throws {
    let listener = AssociationListener(
      host: address.host, port: address.port, group: group, service: archiving, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await archiving.sendReports() }
      try await withGracefulShutdownHandler {
        try await listener.run(bound: bound)
      } onGracefulShutdown: {
        listener.drain()
      }
      group.cancelAll()
    }
  }
}
