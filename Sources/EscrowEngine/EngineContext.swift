package import DICOM
package import DICOMNetwork
package import EscrowConfiguration
package import EscrowCore
package import EscrowSpool
package import Logging
import NIOCore
import NIOConcurrencyHelpers

/// What the services of the road share: the ledger, the spool, the rules in force and the wake-up calls.
package final class EngineContext: Sendable {
  /// What is in force, shared with ``peers``.
  private let inForce: NIOLockedValueBox<Rules>
  package let ledger: any Ledger
  package let spool: Spool
  package let peers: PeerDirectory
  package let destinations: DestinationRegistry
  package let space: SpaceWatch
  package let connector: AssociationConnector
  /// Threads for work that blocks.
  package let pool: IOThreads
  package let clock: EngineClock
  /// Names a new instance; simulations hand in their own.
  package let newID: @Sendable (Timestamp) -> InstanceID
  package let logger: Logger
  /// Whether the process before this one ended orderly; if not, what it wrote last is looked at first.
  package let predecessorEnded: Bool
  /// Woken when the outbox may have something new for an endpoint.
  package let webhooks: @Sendable () -> Void
  /// What the senders claimed and have not recorded yet.
  package let leases = ClaimLeases()
  package let outcomes = OutcomeRecorder()
  /// Asks who decides about commitment for a peer; nil when nobody can be asked.
  package let decisionHook: (any DecisionHook)?
  /// The associations on which peers are to be told what they asked.
  let askers = AskerAssociations()
  let reportFailures = ReportFailures()
  /// How fast senders may send that have a limit.
  let sourcePaces = SourcePaces()
  /// What is known of each sender.
  package let sources: SourceWatch
  let clockGuard: ClockGuard
  /// What operators stopped.
  package let stops = OperatorStops()
  /// Associations that were rejected and are not on record yet.
  let rejections = RejectionLog()
  /// What unlisted senders tried and is not on record yet.
  package let unlisted = UnlistedLog()
  /// Woken when a study may have progressed.
  package let upkeep = Signal()
  /// Woken when there may be something to decide or to tell of what peers asked.
  let inquiries = Signal()
  /// Woken when something could not be written.
  let storage = Signal()
  /// Woken when something may be ready to be purged.
  package let purging = Signal()
  /// Woken when lookups are to end.
  let lookups = Signal()
  /// Woken when reading files again is to end.
  let scrubbing = Signal()
  /// Woken when looking through the record is to end.
  let forgetting = Signal()
  private let draining = NIOLockedValueBox(false)

  /// - Parameter ledgerVolume: the file system of the ledger, if it lies on one.
  package init(
    settings: Settings, ledger: any Ledger, spool: Spool, ledgerVolume: Volume? = nil, connector: AssociationConnector,
    pool: IOThreads, clock: EngineClock = .system,
    newID: @escaping @Sendable (Timestamp) -> InstanceID = { .new(at: $0) }, logger: Logger,
    predecessorEnded: Bool = true, decisionHook: (any DecisionHook)? = nil,
    webhooks: @escaping @Sendable () -> Void = {}
  ) {
    inForce = NIOLockedValueBox(Rules(settings))
    self.ledger = ledger
    self.spool = spool
    self.connector = connector
    self.pool = pool
    self.clock = clock
    clockGuard = ClockGuard(clock: clock)
    sources = SourceWatch(start: clock.now())
    self.newID = newID
    self.logger = logger
    self.predecessorEnded = predecessorEnded
    self.decisionHook = decisionHook
    self.webhooks = webhooks
    peers = PeerDirectory(inForce)
    destinations = DestinationRegistry(peers: settings.peers)
    space = SpaceWatch([spool.volume] + (ledgerVolume.map { [$0] } ?? []), settings: settings.spool)
  }

  /// What is in force now. Whoever decides several things together takes it once.
  package var rules: Rules { inForce.withLockedValue { $0 } }

  /// The configuration in force now.
  package var settings: Settings { inForce.withLockedValue { $0.settings } }

  /// Puts another reading of the configuration into force, with what the hosts of its new peers resolve to.
  func replaceRules(by settings: Settings, hosts found: [PeerTable.Resolved]) {
    inForce.withLockedValue { rules in
      rules = rules.replaced(by: settings)
      rules.peers.note(found)
    }
  }

  /// Whether the process is stopping: what runs is finished, nothing new is begun.
  package var isDraining: Bool { draining.withLockedValue { $0 } }

  /// Begins to stop: every loop finishes what it does and returns.
  package func drain() {
    draining.withLockedValue { $0 = true }
    upkeep.wake()
    inquiries.wake()
    storage.wake()
    purging.wake()
    lookups.wake()
    scrubbing.wake()
    forgetting.wake()
    destinations.close()
  }

  /// Something was queued for these destinations.
  package func wakeQueues(of names: some Sequence<PeerName>) {
    for name in names { destinations[name]?.noteWork() }
  }

  /// Something changed that any destination may have to do with: sending or asking.
  package func wakeDestinations() {
    for destination in destinations.all {
      destination.noteWork()
      destination.wakeAsking()
    }
  }

  /// Whoever waits for a time looks again what time it is.
  func wakeAll() {
    wakeDestinations()
    wakeFollowers()
  }

  /// The outbox, the studies, the purge guard or what peers asked may have something to do.
  package func wakeFollowers() {
    upkeep.wake()
    purging.wake()
    inquiries.wake()
    webhooks()
  }

  /// Something could not be written. If the disk is the cause, it is measured before this returns, so that whoever is
  /// refused next, and whoever asks whether we are ready, gets the right answer.
  func note(failure error: any Error) async {
    guard space.note(error, at: clock.monotonic()) else { return }
    try? await pool.runIfActive { self.space.look(at: self.clock.monotonic()) }
    storage.wake()
  }

  /// A peer of the configuration, or a modality that was named at run time.
  func peer(_ name: PeerName) -> Peer? { settings.peers[name] ?? destinations[name]?.peer }

  /// The AE title that we use towards a peer.
  package func localAE(for peer: Peer) -> AETitle { peer.localAE ?? settings.aeTitles.first ?? "ESCROW" }
}
