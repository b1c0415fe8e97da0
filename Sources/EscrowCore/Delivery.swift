package import DICOM

/// One instance on its way to one destination.
package struct Delivery: Sendable, Equatable {
  package var id: DeliveryID
  package var instance: InstanceID
  package var destination: PeerName
  package var origin: DeliveryOrigin
  package var priority: Priority
  package var state: DeliveryState
  package var proof: Proof
  /// The routes that asked for it, for people.
  package var routes: [String]
  /// How often it was offered to the destination.
  package var attempts: Int
  /// Counted failures of doubtful causes since the last requeue.
  package var doubtfulFailures: Int
  /// How often it was asked for in a commitment request since it was last sent.
  package var asks: Int
  /// How often it was sent again because a report said so, since the last requeue.
  package var resends: Int
  package var reason: String?
  package var lastError: String?
  /// Nothing happens before this; nil when nothing waits for a time.
  package var notBefore: Timestamp?
  package var hold: Hold?
  /// The transaction last opened for it.
  package var transactionUID: UID?
  package var sentAt: Timestamp?
  /// An operator cancelled it while it was being sent; applies when the attempt ends, unless that ended stored.
  package var cancelRequested: Bool
  /// An earlier delivery of the same SOP Instance UID to the same destination that must end first.
  package var behind: DeliveryID?
  package var acceptDiscarded: Bool
  /// The destination keeps the content that came last for a SOP Instance UID, so a report speaks of what was sent last.
  package var overwrites: Bool
  /// The destination answered B006: it dropped elements.
  package var discardedElements: Bool
  /// When it was first asked for since it was last requeued.
  package var firstAskedAt: Timestamp?
  /// How many reports since it was last sent said that it failed, for a reason that asks again.
  package var failedAsks: Int
  /// The number of the latest opened transaction that proved it; transactions are numbered as they are opened.
  package var provedBy: Int64?
  /// The number of the latest opened transaction that reported it failed.
  package var failedBy: Int64?
  /// A report took its proof back: nobody is told that it is safe there, until it is proved again.
  package var contradicted: Bool
  package var terms: SendTerms
  /// Its place in the queue among those of its priority, the lowest first: the number of its study's wave of arrivals,
  /// or less when an operator moved it to the front.
  package var turn: Int64
  /// The delivery of the same instance that it takes the place of, as long as that destination is down.
  package var replaces: DeliveryID?
  /// The destination may have it, though nothing is proved: an attempt was cut off.
  package var mayBeThere: Bool
  /// When the find that proved it becomes too old to let the copy go; nil when it does not.
  package var staleAt: Timestamp?

  package init(
    id: DeliveryID, instance: InstanceID, destination: PeerName, origin: DeliveryOrigin = .route,
    priority: Priority = .medium, state: DeliveryState = .queued, proof: Proof, routes: [String] = [],
    attempts: Int = 0, doubtfulFailures: Int = 0,
    asks: Int = 0, resends: Int = 0, reason: String? = nil, lastError: String? = nil, notBefore: Timestamp? = nil,
    hold: Hold? = nil, transactionUID: UID? = nil, sentAt: Timestamp? = nil, cancelRequested: Bool = false,
    behind: DeliveryID? = nil, acceptDiscarded: Bool = false, overwrites: Bool = false, discardedElements: Bool = false,
    firstAskedAt: Timestamp? = nil, failedAsks: Int = 0, provedBy: Int64? = nil, failedBy: Int64? = nil,
    contradicted: Bool = false, terms: SendTerms = .plain, turn: Int64 = 0, replaces: DeliveryID? = nil,
    mayBeThere: Bool = false, staleAt: Timestamp? = nil
  ) {
    self.id = id
    self.instance = instance
    self.destination = destination
    self.origin = origin
    self.priority = priority
    self.state = state
    self.proof = proof
    self.routes = routes
    self.attempts = attempts
    self.doubtfulFailures = doubtfulFailures
    self.asks = asks
    self.resends = resends
    self.reason = reason
    self.lastError = lastError
    self.notBefore = notBefore
    self.hold = hold
    self.transactionUID = transactionUID
    self.sentAt = sentAt
    self.cancelRequested = cancelRequested
    self.behind = behind
    self.acceptDiscarded = acceptDiscarded
    self.overwrites = overwrites
    self.discardedElements = discardedElements
    self.firstAskedAt = firstAskedAt
    self.failedAsks = failedAsks
    self.provedBy = provedBy
    self.failedBy = failedBy
    self.contradicted = contradicted
    self.terms = terms
    self.turn = turn
    self.replaces = replaces
    self.mayBeThere = mayBeThere
    self.staleAt = staleAt
  }
}

/// Who asked for a delivery: a route, which the purge guard looks at, or a call of the API, which proves nothing.
package enum DeliveryOrigin: String, Sendable, Codable, CaseIterable {
  case route
  case api
}

/// Who goes first at one destination.
package enum Priority: Int, Sendable, Codable, CaseIterable, Comparable {
  case high = 0
  case medium = 1
  case low = 2

  package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
}

/// What counts as "this destination has it", weakest first.
package enum Proof: String, Sendable, Codable, CaseIterable, Comparable {
  /// A success status to the C-STORE is enough.
  case response
  /// Found by a query at instance level.
  case query
  /// A storage commitment report (PS3.4 Annex J).
  case commitment

  package var strength: Int { Proof.allCases.firstIndex(of: self) ?? 0 }

  package static func < (left: Proof, right: Proof) -> Bool { left.strength < right.strength }
}

/// A delivery that an operator stopped, or the router because its destination takes nothing of its kind: it is not
/// claimed and not asked for, proofs still count.
package struct Hold: Sendable, Equatable, Codable {
  /// Who holds when no person does.
  package static let system = "system"

  package var by: String
  package var reason: String
  package var at: Timestamp

  package init(by: String, reason: String, at: Timestamp) {
    self.by = by
    self.reason = reason
    self.at = at
  }
}

/// The name of a peer in the configuration: the key under `peers`.
package struct PeerName: RawRepresentable, Hashable, Comparable, Sendable, Codable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }
  package init(_ value: String) { rawValue = value }
  package init(stringLiteral value: String) { rawValue = value }

  package var description: String { rawValue }

  package static func < (left: PeerName, right: PeerName) -> Bool { left.rawValue < right.rawValue }
}
