import AdminAPI
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import FoundationEssentials
import Logging
import NIOConcurrencyHelpers
import Webhooks

/// Reads the configuration again and puts it into force, as a whole or not at all.
///
/// What is wrong is told to whoever asked, to the log, and by an alarm that ends with the next reload that is right.
final class Reload: Sendable {
  private struct State {
    var isRunning = false
    /// The route files as they were when they were read last; nil when that is to be done again.
    var read: RouteFolderState?
  }

  private let file: String
  private let context: EngineContext
  private let webhooks: WebhookDispatcher
  private let state: NIOLockedValueBox<State>

  /// - Parameters:
  ///   - file: the configuration file.
  ///   - read: the route files as they were when the configuration in force was read.
  init(file: String, read: RouteFolderState, context: EngineContext, webhooks: WebhookDispatcher) {
    self.file = file
    self.context = context
    self.webhooks = webhooks
    state = NIOLockedValueBox(State(read: read))
  }

  /// Whether route files look otherwise than when they were read last.
  func isStale(_ folder: RouteFolderState) -> Bool { state.withLockedValue { $0.read != folder } }

  /// At start the configuration was right: what an earlier run was told is over.
  func endAlarms() async throws {
    for alarm in try await context.ledger.alarms(of: [.reloadFailed]) {
      try await context.ledger.clear(.reloadFailed, subject: alarm.subject, event: nil)
    }
  }

  /// One reload after the other.
  ///
  /// - Parameter actor: who or what asked for it.
  func run(by actor: String) async throws -> ReloadBody {
    while !begin() { try await Task.sleep(for: .milliseconds(20)) }
    defer { state.withLockedValue { $0.isRunning = false } }
    do {
      return try await replaceRules(by: actor)
    } catch let error where error.isOfConfiguration {
      throw error
    } catch {
      // What was read may be right: whoever looks for changes is to try it again.
      state.withLockedValue { $0.read = nil }
      throw error
    }
  }

  private func replaceRules(by actor: String) async throws -> ReloadBody {
    do {
      let (loaded, change) = try await read()
      let result = try await change.apply(by: actor, preparing: prepare, inForce: follow)
      try await endAlarms()
      log(result, loaded.warnings, actor)
      return ReloadBody(result, warnings: loaded.warnings)
    } catch let error where error.isOfConfiguration {
      try await tell(error, actor)
      throw error
    }
  }

  private func begin() -> Bool {
    state.withLockedValue { state in
      guard !state.isRunning else { return false }
      state.isRunning = true
      return true
    }
  }

  private func read() async throws -> (LoadedConfiguration, RuleChange) {
    try await context.pool.runIfActive {
      // Looked at first: what changes while it is read is read again.
      let folder = RouteFolderState(of: self.context.settings.routesPath)
      self.state.withLockedValue { $0.read = folder }
      let loaded = try ConfigurationLoader.load(file: self.file, environment: ProcessInfo.processInfo.environment)
      try self.refuseLostRoutes(loaded.settings)
      if loaded.settings.routesPath != self.context.settings.routesPath {
        self.state.withLockedValue { $0.read = RouteFolderState(of: loaded.settings.routesPath) }
      }
      return (loaded, try RuleChange(to: loaded.settings, context: self.context))
    }
  }

  /// A folder that is gone while its routes are in force was renamed or unmounted, not emptied: nobody means that
  /// everything is held from now on.
  private func refuseLostRoutes(_ settings: Settings) throws(ConfigurationError) {
    let path = settings.routesPath
    guard !context.settings.routes.routes.isEmpty, !FileManager.default.fileExists(atPath: path) else { return }
    throw ConfigurationError(problems: [
      Problem(
        .error, at: Position(file: file),
        "the folder `\(path)` is gone, and without routes everything is held; put it back, or an empty one if that is meant"
      )
    ])
  }

  /// What must be durable before the rules are in force.
  private func prepare(_ settings: Settings) async throws {
    _ = try settings.webhooks.map { try $0.endpoint() }
    try await context.ledger.subscribe(settings.webhooks.map(\.subscription), now: context.clock.now())
  }

  private func follow(_ settings: Settings) throws {
    webhooks.use(try settings.webhooks.map { try $0.endpoint() })
    var logger = context.logger
    if let level = Logger.Level(rawValue: settings.log.level) { logger.logLevel = level }
  }

  // MARK: Telling

  private func log(_ result: RuleChange.Result, _ warnings: [Problem], _ actor: String) {
    for warning in warnings { context.logger.warning("\(warning)") }
    context.logger.notice(
      "configuration read again: \(result.routes) routes, \(result.peers) peers are in force",
      metadata: ["actor": "\(actor)"])
    if !result.restartNeeded.isEmpty {
      context.logger.warning(
        "changed, but in force only after a restart: \(result.restartNeeded.joined(separator: ", "))")
    }
  }

  private func tell(_ error: any Error, _ actor: String) async throws {
    let text = "what was in force stays: \(error)"
    try await context.ledger.raise(
      Alarm(.reloadFailed, subject: file, since: context.clock.now(), text: String(text.prefix(1000))), event: nil)
    context.logger.error(
      "configuration not read again, what was in force stays: \(error)", metadata: ["actor": "\(actor)"])
  }
}

extension Error {
  /// Whether the configuration is what is wrong.
  var isOfConfiguration: Bool { self is ConfigurationError || self is RuleConflict }
}
