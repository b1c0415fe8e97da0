package import DICOM
package import EscrowCore
import EscrowConfiguration
import EscrowSpool
package import NIOCore

/// Takes instances and commitment requests from the API, on the same road as those from the network.
package struct Submission: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// A Part 10 file of the API: spooled, sent to `destination`, asked for if `commit`. Returns when it is durable.
  ///
  /// The bytes arrive in pieces of any size. Throws ``SubmissionError`` for what the caller can mend.
  package func send<Chunks: AsyncSequence>(
    _ chunks: Chunks, to destination: PeerName, commit: Bool
  ) async throws -> (instance: InstanceID, delivery: DeliveryID) where Chunks.Element == ByteBuffer {
    guard let peer = context.destinations[destination]?.peer else {
      throw SubmissionError.unknownDestination(destination)
    }
    if commit, !peer.allow.contains(.report) { throw SubmissionError.cannotReport(destination) }
    try checkIntake()
    let plan = RoutingPlan(
      deliveries: [PlannedDelivery(to: destination, proof: commit ? .commitment : .response, origin: .api)])
    let instance = try await admit(chunks, plan: plan).instance
    let filter = DeliveryFilter(destinations: [destination], instance: instance)
    let found = try await context.ledger.deliveries(filter, page: PageRequest()).items.map(\.delivery)
    guard let delivery = found.first(where: { $0.origin == .api }) ?? found.first else {
      throw SubmissionError.looped(destination)
    }
    return (instance, delivery.id)
  }

  /// A Part 10 file of the API, routed as what comes from the network. Returns when it is durable, and whether it is new.
  package func take<Chunks: AsyncSequence>(_ chunks: Chunks) async throws -> (instance: Instance, isNew: Bool)
  where Chunks.Element == ByteBuffer {
    try checkIntake()
    let id = try await admit(chunks, plan: nil)
    guard let instance = try await context.ledger.instance(id.instance) else { throw LedgerError.closed }
    return (instance, id.isNew)
  }

  private func checkIntake() throws {
    if let stop = context.stops.intake { throw SubmissionError.maintenance(stop.text) }
    if let reason = context.space.refusal { throw SubmissionError.noRoom(reason) }
  }

  /// - Parameter plan: nil asks the routes.
  private func admit<Chunks: AsyncSequence>(
    _ chunks: Chunks, plan: RoutingPlan?
  ) async throws -> (instance: InstanceID, isNew: Bool) where Chunks.Element == ByteBuffer {
    do {
      let rules = context.rules
      let received = try await Part10Upload(context: context, rules: rules).receive(chunks)
      let admission = received.admission(plan: plan ?? rules.settings.routes.plan(for: received.routingInput))
      return switch try await Admissions(context: context).admit(admission) {
      case .admitted: (received.id, true)
      case .known(let earlier), .replaced(let earlier, _), .looped(let earlier): (earlier, false)
      }
    } catch {
      await context.note(failure: error)
      if (error as? SpoolError)?.isNoSpace == true { throw SubmissionError.noRoom("\(error)") }
      if case LedgerError.notWritten(_, isFull: true) = error { throw SubmissionError.noRoom("\(error)") }
      throw error
    }
  }

  /// Asks a destination for storage commitment of instances that need not be here, as soon as it is there to be asked,
  /// and again until it reports. Returns when the wish is durable.
  package func commit(_ references: [SOPInstance], at destination: PeerName, actor: String) async throws -> UID {
    let target = try reporting(destination)
    guard !references.isEmpty else { throw SubmissionError.noReferences }
    let uid = UID.newTransaction()
    try await context.ledger.openTransaction(
      uid, to: destination, references: references, asking: nil, actor: actor, now: context.clock.now())
    target.commitmentSignal.wake()
    context.wakeFollowers()
    return uid
  }

  /// As ``commit(_:at:actor:)``, but asks at once, and tells how that was answered.
  package func ask(
    _ references: [SOPInstance], at destination: PeerName, actor: String
  ) async throws -> (uid: UID, answer: RequestAnswer) {
    let target = try reporting(destination)
    let uid = UID.newTransaction()
    let now = context.clock.now()
    try await context.ledger.openTransaction(
      uid, to: destination, references: references, asking: target.peer.commitment.policy, actor: actor, now: now)
    context.wakeFollowers()
    guard !references.isEmpty else { return (uid, .accepted) }
    let transaction = CommitmentTransaction(
      uid: uid, destination: destination, references: references.uniqued(), openedAt: now)
    return (uid, try await CommitmentRequests(context: context).ask(transaction, of: target))
  }

  private func reporting(_ destination: PeerName) throws -> Destination {
    guard let target = context.destinations[destination] else { throw SubmissionError.unknownDestination(destination) }
    guard target.peer.allow.contains(.report) else { throw SubmissionError.cannotReport(destination) }
    return target
  }
}

/// Why a submission was not taken.
package enum SubmissionError: Error, Equatable, CustomStringConvertible {
  case unknownDestination(PeerName)
  case cannotReport(PeerName)
  case noRoom(String)
  case maintenance(String)
  case looped(PeerName)
  case noReferences
  case notDICOM(String)

  package var description: String {
    switch self {
    case .unknownDestination(let name): "no peer \(name) with host and port is configured"
    case .cannotReport(let name): "peer \(name) may not report storage commitment: add report to its allow"
    case .noRoom(let reason): reason
    case .maintenance(let text): "in maintenance: \(text)"
    case .looped(let name): "\(name) has sent this instance to us itself or already has it"
    case .noReferences: "name at least one instance"
    case .notDICOM(let reason): "not a DICOM file (PS3.10): \(reason)"
    }
  }
}
