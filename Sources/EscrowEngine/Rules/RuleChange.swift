package import EscrowConfiguration
package import EscrowCore
import EscrowSpool
import Logging

/// Puts another reading of the configuration into force while the router runs.
///
/// What runs ends by the rules it began with: an instance that is being received is routed by the routes that its header
/// was read for, an association to a peer ends with the addresses and times it was opened with, and instances on record
/// keep their retention and the proofs they want.
package struct RuleChange: Sendable {
  /// What was put into force.
  package struct Result: Sendable, Equatable {
    package var routes: Int
    package var peers: Int
    /// Instances that are held.
    package var held: Int
    /// How many of these were looked at.
    package var examined: Int
    /// How many of those the routes in force would send.
    package var wouldMatch: Int
    /// What changed and counts from the next start on.
    package var restartNeeded: [String]

    package init(routes: Int, peers: Int, held: Int, examined: Int, wouldMatch: Int, restartNeeded: [String]) {
      self.routes = routes
      self.peers = peers
      self.held = held
      self.examined = examined
      self.wouldMatch = wouldMatch
      self.restartNeeded = restartNeeded
    }
  }

  /// Held instances whose headers are read to see what would become of them.
  private static let examinedAtMost = 1000

  private let context: EngineContext
  /// What is to be in force.
  package let settings: Settings
  private let restartNeeded: [String]

  /// - Parameter loaded: the configuration as it was read.
  /// - Throws: ``RuleConflict`` if it cannot be in force while the router runs.
  package init(to loaded: Settings, context: EngineContext) throws {
    self.context = context
    (settings, restartNeeded) = context.settings.taking(loaded)
    let destinations = settings.routes.routes.flatMap(\.sends).flatMap {
      $0.destinations + [$0.terms.alternative?.destination].compactMap { $0 }
    }
    let ourselves = destinations.first { settings.peers[$0].map(settings.isOurselves) ?? false }
    if let ourselves { throw RuleConflict.sendsToOurselves(ourselves, port: settings.dicom.port) }
  }

  /// Puts it into force.
  ///
  /// - Parameters:
  ///   - prepare: what has to be durable before; if it throws, nothing changes.
  ///   - inForce: told as soon as it is in force.
  package func apply(
    by actor: String, preparing prepare: (Settings) async throws -> Void = { _ in },
    inForce: (Settings) throws -> Void = { _ in }
  ) async throws -> Result {
    let old = context.settings
    let hosts = try await newHosts()
    try await prepare(settings)
    context.replaceRules(by: settings, hosts: hosts)
    context.space.use(settings.spool)
    let changed = context.destinations.replace(old.peers, by: settings.peers)
    for name in changed { context.destinations[name]?.hurry(moment: context.clock.monotonic()) }
    context.storage.wake()
    try inForce(settings)
    try await follow(changed, by: actor)
    return try await result()
  }

  /// Looked up before the rules are in force, so that nobody who may call is a stranger for that long.
  private func newHosts() async throws -> [PeerTable.Resolved] {
    try await context.pool.runIfActive {
      let table = context.rules.replaced(by: settings).peers
      return table.lookUp(table.unresolved)
    }
  }

  /// What is on record because of the rules goes by the new ones.
  private func follow(_ changed: Set<PeerName>, by actor: String) async throws {
    try await Modalities(context: context).restore()
    for name in changed where context.destinations[name] == nil {
      try await context.ledger.clear(.destinationDown, subject: name.rawValue, event: nil)
    }
    try await MissingDestinations(context: context).review()
    try await liftRefusals(by: actor)
    let text = "configuration read again: \(settings.routes.routes.count) routes, \(settings.peers.count) peers"
    try await context.ledger.tell(
      EscrowEvent(.operatorAction, at: context.clock.now(), reason: text, actor: actor))
    context.wakeDestinations()
    context.wakeFollowers()
  }

  /// A destination that refused to be asked, for commitment or by query, is asked again now: most often that is what
  /// was mended.
  private func liftRefusals(by actor: String) async throws {
    let refusing = try await context.ledger.alarms(of: [.commitmentRefused, .queryRefused]).map { PeerName($0.subject) }
    for name in Set(refusing) where context.destinations[name] != nil {
      _ = try await context.ledger.change(
        DeliveryFilter(states: [.sent], destinations: [name]), .askAgain,
        by: BulkOrder(actor: actor, reason: "the configuration was read again"), now: context.clock.now())
    }
  }

  private func result() async throws -> Result {
    let held = try await context.ledger.status().instances[.held] ?? 0
    var result = Result(
      routes: settings.routes.routes.count, peers: settings.peers.count, held: held, examined: 0, wouldMatch: 0,
      restartNeeded: restartNeeded)
    guard held > 0 else { return result }
    let filter = InstanceFilter(states: [.held])
    let records = try await context.ledger.instances(filter, page: PageRequest(limit: Self.examinedAtMost)).items
    for record in records {
      result.examined += 1
      if await isWanted(record.instance) { result.wouldMatch += 1 }
    }
    return result
  }

  /// One whose file cannot be read counts as not wanted; rerouting it tells why.
  private func isWanted(_ instance: Instance) async -> Bool {
    let rules = context.rules
    let plan = try? await context.pool.runIfActive {
      rules.settings.routes.plan(for: try StoredInstance(instance, in: context).routingInput(by: rules))
    }
    return plan?.hold == nil && plan != nil
  }
}

/// Why a configuration that is right by itself cannot be in force now.
package enum RuleConflict: Error, CustomStringConvertible {
  case sendsToOurselves(PeerName, port: Int)

  package var description: String {
    switch self {
    case .sendsToOurselves(let name, let port):
      "peer \(name) is this router itself as long as it listens on port \(port): what we send to ourselves is safe "
        + "nowhere else; restart instead of reloading"
    }
  }
}
