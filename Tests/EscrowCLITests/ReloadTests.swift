import AdminAPI
import DICOMNetwork
import EscrowConfiguration
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Testing
import Webhooks

@testable import EscrowCLI

/// A reload that fails, and what is tried again by itself.
@Suite struct ReloadTests {
  private struct LedgerIsSilent: Error {}

  private struct NoTransport: HTTPSending {
    func send(_ request: HTTPRequest) async throws -> HTTPResponse { throw LedgerIsSilent() }
  }

  /// A configuration on disk, and a router that runs by it, on a ledger that answers or does not.
  private final class Site: Sendable {
    let reload: Reload
    let service: ReloadService
    let routes: String
    private let folder: String
    private let silent = NIOLockedValueBox(false)
    private let errors = NIOLockedValueBox<[String]>([])

    /// What was logged as an error.
    var logged: [String] { errors.withLockedValue { $0 } }

    init() throws {
      folder = FileManager.default.temporaryDirectory.path + "/escrow-reload-" + UUID().uuidString
      routes = folder + "/routes"
      try FileManager.default.createDirectory(atPath: routes, withIntermediateDirectories: true)
      let file = folder + "/escrow.yaml"
      try Data(
        """
        aeTitle: ESCROW
        spool: { path: spool }
        ledger: { path: escrow.db }
        routes: { path: routes }
        """.utf8
      ).write(to: URL(filePath: file))
      let settings = try ConfigurationLoader.load(file: file, environment: [:]).settings
      let logger = Logger(label: "test") { [errors] _ in ErrorLog(lines: errors) }
      let ledger = MemoryLedger { [silent] _ in
        if silent.withLockedValue({ $0 }) { throw LedgerIsSilent() }
      }
      let context = EngineContext(
        settings: settings, ledger: ledger,
        spool: try Spool.open(path: settings.spool.path, pool: .singleton),
        connector: AssociationConnector(
          group: MultiThreadedEventLoopGroup.singleton, ioPool: .singleton, logger: logger), pool: .singleton,
        logger: logger)
      reload = Reload(
        file: file, read: RouteFolderState(of: routes), context: context,
        webhooks: WebhookDispatcher(outbox: ledger, endpoints: [], transport: NoTransport(), logger: logger))
      service = ReloadService(reload: reload, context: context, readiness: Readiness())
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func ledger(isSilent: Bool) { silent.withLockedValue { $0 = isSilent } }

    func write(_ text: String) throws {
      try Data(text.utf8).write(to: URL(filePath: routes + "/all.yaml"))
    }

    /// Whether who looks for changes reads it again.
    var isStale: Bool { reload.isStale(RouteFolderState(of: routes)) }
  }

  @Test func whatTheLedgerDidNotAnswerIsTriedAgain() async throws {
    let site = try Site()
    try site.write("match: otherwise\nhold: nobody wants it")
    site.ledger(isSilent: true)
    await #expect(throws: LedgerIsSilent.self) { try await site.reload.run(by: "test") }
    #expect(site.isStale)
    site.ledger(isSilent: false)
    _ = try await site.reload.run(by: "test")
    #expect(!site.isStale)
  }

  @Test func aFolderThatIsGoneTakesNoRoutesAway() async throws {
    let site = try Site()
    try site.write("match: otherwise\nhold: nobody wants it")
    #expect(try await site.reload.run(by: "test").routes == 1)
    try FileManager.default.moveItem(atPath: site.routes, toPath: site.routes + "-old")
    let error = await #expect(throws: ConfigurationError.self) { try await site.reload.run(by: "test") }
    #expect(error?.description.contains("routes` is gone") ?? false)
    // An empty one is meant so.
    try FileManager.default.createDirectory(atPath: site.routes, withIntermediateDirectories: true)
    #expect(try await site.reload.run(by: "test").routes == 0)
  }

  @Test func whatIsWrongIsNotTriedAgainOnceItIsTold() async throws {
    let site = try Site()
    try site.write("match: 1")
    // The alarm is owed.
    site.ledger(isSilent: true)
    await #expect(throws: LedgerIsSilent.self) { try await site.reload.run(by: "test") }
    #expect(site.isStale)
    site.ledger(isSilent: false)
    await #expect(throws: ConfigurationError.self) { try await site.reload.run(by: "test") }
    #expect(!site.isStale)
  }

  @Test func theSameFailureIsAnErrorOnce() async throws {
    let site = try Site()
    site.ledger(isSilent: true)
    var failure: String?
    for _ in 0..<3 { failure = await site.service.run(by: "test", after: failure) }
    #expect(site.logged == [try #require(failure)])
    site.ledger(isSilent: false)
    failure = await site.service.run(by: "test", after: failure)
    #expect(failure == nil)
    site.ledger(isSilent: true)
    failure = await site.service.run(by: "test", after: failure)
    #expect(site.logged.count == 2)
  }
}

/// Keeps the errors.
private struct ErrorLog: LogHandler {
  let lines: NIOLockedValueBox<[String]>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.error

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.withLockedValue { $0.append("\(event.message)") } }
}
