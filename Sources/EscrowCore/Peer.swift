package import DICOM

/// A remote application entity: a sender, a destination, or both.
package struct Peer: Sendable, Equatable {
  package var name: PeerName
  package var aeTitle: AETitle
  /// Host name or IP address; nil for a peer that only sends.
  package var host: String?
  package var port: Int?
  /// The addresses it may come from; nil means what ``host`` resolves to.
  package var addresses: [AddressRange]?
  package var allow: Set<PeerRight>
  /// The AE title we use towards it; nil means our first.
  package var localAE: AETitle?
  /// Associations to it at once.
  package var associations: Int
  package var retry: RetryPolicy
  package var timeouts: PeerTimeouts
  package var commitment: CommitmentIdentity
  package var query: QueryIdentity
  /// 0111H (duplicate) counts as stored.
  package var duplicateIsStored: Bool
  /// It keeps the content that came last for a SOP Instance UID: its reports are believed of conflicted instances, too.
  package var overwrites: Bool
  /// A report on a context without SCP role is refused.
  package var strictRoles: Bool
  package var inquiries: InquiryPolicy
  /// What becomes of what it sends.
  package var intake = IntakePolicy()
  /// When it should send something; nil when nothing is expected of it.
  package var expect: ExpectedTraffic?
  /// How long it must be down before what has an alternative goes there.
  package var failoverAfter: Duration = .minutes(5)
  /// For which causes everything of a class waits for an operator, instead of failing one by one.
  package var holdOn: Set<ClassHold> = [.sopClassNotSupported]

  package init(
    name: PeerName, aeTitle: AETitle, host: String? = nil, port: Int? = nil, addresses: [AddressRange]? = nil,
    allow: Set<PeerRight> = [.echo], localAE: AETitle? = nil, associations: Int = 4, retry: RetryPolicy = RetryPolicy(),
    timeouts: PeerTimeouts = PeerTimeouts(), commitment: CommitmentIdentity = CommitmentIdentity(),
    query: QueryIdentity = QueryIdentity(), duplicateIsStored: Bool = false, overwrites: Bool = false,
    strictRoles: Bool = false,
    inquiries: InquiryPolicy = InquiryPolicy()
  ) {
    self.name = name
    self.aeTitle = aeTitle
    self.host = host
    self.port = port
    self.addresses = addresses
    self.allow = allow
    self.localAE = localAE
    self.associations = associations
    self.retry = retry
    self.timeouts = timeouts
    self.commitment = commitment
    self.query = query
    self.duplicateIsStored = duplicateIsStored
    self.overwrites = overwrites
    self.strictRoles = strictRoles
    self.inquiries = inquiries
  }
}

/// What a peer may do here.
package enum PeerRight: String, Sendable, CaseIterable {
  case echo
  case store
  /// Send storage commitment reports for what it was asked.
  case report
  /// Ask for storage commitment.
  case commit
}

/// Why a destination takes nothing of a SOP class, or nothing of it in a transfer syntax.
package enum ClassHold: String, Sendable, CaseIterable {
  /// C-STORE status 0122H or A800H, or the presentation context was refused for its abstract syntax.
  case sopClassNotSupported
  /// No transfer syntax that the instance can be sent in was accepted.
  case transferSyntaxNotAccepted
}

/// When and how often sending is tried again (PS3.7 Annex C statuses are mapped to causes in `StoreStatus`).
package struct RetryPolicy: Sendable, Equatable {
  /// The first wait; doubles, with jitter, up to ``max``.
  package var first: Duration
  package var max: Duration
  /// An alarm is raised when a destination has been down this long.
  package var alarmAfter: Duration
  /// What was received longer ago fails, instead of being tried again; nil when it is tried for ever.
  package var maxAge: Duration?
  /// How often a doubtful failure is tried again before it counts as permanent, by its reason.
  package var attempts: [String: Int] = [:]

  package init(first: Duration = .seconds(30), max: Duration = .minutes(15), alarmAfter: Duration = .hours(1)) {
    self.first = first
    self.max = max
    self.alarmAfter = alarmAfter
  }

  /// The wait after the `failures`-th failure in a row (from 1), with `jitter` from 0 to 1 spreading it over
  /// 75 % to 125 %.
  package func wait(afterFailures failures: Int, jitter: Double) -> Duration {
    let doubled = first.inSeconds * Double(1 << min(Swift.max(failures - 1, 0), 30))
    let seconds = Swift.min(doubled, self.max.inSeconds) * (0.75 + jitter * 0.5)
    return .microseconds(Int64(seconds * 1_000_000))
  }
}

/// Waits of one peer's associations; the defaults are what other implementations use.
package struct PeerTimeouts: Sendable, Equatable {
  package var connect: Duration
  /// For the answer to A-ASSOCIATE-RQ.
  package var association: Duration
  package var echo: Duration
  package var store: Duration
  package var action: Duration
  /// For each response to a C-FIND.
  package var query: Duration
  /// How long an idle association is kept for the next instance.
  package var idle: Duration

  package init(
    connect: Duration = .seconds(10), association: Duration = .seconds(30), echo: Duration = .seconds(30),
    store: Duration = .minutes(10), action: Duration = .seconds(60), query: Duration = .seconds(60),
    idle: Duration = .seconds(2)
  ) {
    self.connect = connect
    self.association = association
    self.echo = echo
    self.store = store
    self.action = action
    self.query = query
    self.idle = idle
  }
}

/// Who answers for a destination's storage commitment, and how it is asked.
package struct CommitmentIdentity: Sendable, Equatable {
  /// The AE titles that reports may come from; empty means the peer's own. The first is the one that is asked.
  package var aeTitles: [AETitle]
  /// The addresses that reports may come from; nil means the peer's.
  package var addresses: [AddressRange]?
  package var policy: CommitmentPolicy

  package init(
    aeTitles: [AETitle] = [], addresses: [AddressRange]? = nil, policy: CommitmentPolicy = CommitmentPolicy()
  ) {
    self.aeTitles = aeTitles
    self.addresses = addresses
    self.policy = policy
  }
}
