package import DICOM

/// A wish to send instances that are here to a peer, apart from what the routes want.
package struct ModalityStore: Sendable, Equatable {
  package var job: JobID
  package var peer: PeerName
  /// In the order of sending; one that is listed twice is sent once.
  package var instances: [InstanceID]
  /// What they were named by, for people.
  package var resources: [ResourceID]
  package var priority: Int
  /// Whether it goes on when an instance cannot be sent.
  package var isPermissive: Bool
  /// The transaction in which the peer is asked for commitment at the end.
  package var transactionUID: UID?

  package init(
    job: JobID, peer: PeerName, instances: [InstanceID], resources: [ResourceID], priority: Int = 0,
    isPermissive: Bool = false, transactionUID: UID? = nil
  ) {
    self.job = job
    self.peer = peer
    self.instances = instances
    self.resources = resources
    self.priority = priority
    self.isPermissive = isPermissive
    self.transactionUID = transactionUID
  }
}

/// Such a wish as it stands.
package struct StoreRecord: Sendable, Equatable {
  package var job: Job
  package var resources: [ResourceID]
  package var isPermissive: Bool
  package var transactionUID: UID?
  /// How many could not be sent.
  package var failed: Int

  package init(
    job: Job, resources: [ResourceID], isPermissive: Bool, transactionUID: UID? = nil, failed: Int = 0
  ) {
    self.job = job
    self.resources = resources
    self.isPermissive = isPermissive
    self.transactionUID = transactionUID
    self.failed = failed
  }
}

/// What a step of such a job did.
package struct StoreProgress: Sendable, Equatable {
  package var peer: PeerName
  /// Whether there is more to do at once.
  package var hasMore: Bool
  /// Whether commitment is to be asked for now.
  package var asks: Bool

  package init(peer: PeerName, hasMore: Bool, asks: Bool) {
    self.peer = peer
    self.hasMore = hasMore
    self.asks = asks
  }
}

extension Consignment {
  /// Sends it to a peer because the API asks for it, once more if it was sent before. Returns why not, if it cannot be.
  package mutating func store(to peer: PeerName, now: Timestamp) -> String? {
    guard instance.state.hasFile else { return "the instance is \(instance.state)" }
    if let known = deliveries.firstIndex(where: { $0.destination == peer && $0.origin == .api }) {
      // What is on its way is what is asked for; what waits for its next try is tried now.
      if deliveries[known].state.isTerminal {
        guard deliveries[known].requeue() else { return "the delivery is \(deliveries[known].state)" }
      } else if deliveries[known].state == .queued {
        deliveries[known].notBefore = nil
      }
      deliveries[known].cancelRequested = false
    } else {
      planned.append(PlannedDelivery(to: peer, proof: .response, origin: .api))
    }
    let hold = instance.state == .held ? instance.reason : nil
    if deliveries.allSatisfy({ $0.origin == .api }) {
      if move(.deliveriesAdded) || instance.state == .inTransit {
        instance.settledAt = nil
        instance.reason = nil
      }
      if let hold { effects.append(.review(.instanceHeld, subject: hold)) }
    }
    settle(now: now)
    return nil
  }
}

/// What the verbs of a ledger do to such a job, whichever ledger keeps it.
extension StoreRecord {
  /// Ends it when all is counted, or when something failed that must not. True when it ended, in whichever way.
  package mutating func conclude(isAllDone: Bool, failure: String?, now: Timestamp) -> Bool {
    if failed > 0, !isPermissive || failed == job.total {
      job.move(.failed, now: now)
      job.failure = JobFailure(.network, failure ?? "an instance could not be sent")
      return true
    }
    guard isAllDone else { return false }
    job.move(.succeeded, now: now)
    return true
  }
}

extension Consignment {
  /// Whether something is on its way to a peer already because the API asked for it.
  package func isStoring(to peer: PeerName) -> Bool {
    deliveries.contains { $0.destination == peer && $0.origin == .api && !$0.state.isTerminal }
  }
}
