import DICOM
import EscrowCore
import EscrowEngine

/// `GET /api/v1/reconciliation`: a day, by source.
package struct ReconciliationBody: Codable, Sendable {
  /// `YYYY-MM-DD` in ``timeZone``.
  package var day: String
  package var timeZone: String
  package var from: String
  /// Not included.
  package var until: String
  package var sources: [SourceTallyBody]
  /// What peers asked about in commitment requests of that day and never sent here.
  package var missing: [MissingInstanceBody]
  /// Whether there is more of that.
  package var moreMissing: Bool

  static let listed = 10_000

  init(_ day: Reconciliation.Day, _ tallies: [SourceTally], missing: [MissingInstance]) {
    self.day = day.name
    timeZone = day.timeZone
    from = day.start.rfc3339
    until = day.end.rfc3339
    sources = tallies.map { SourceTallyBody($0) }
    self.missing = missing.prefix(Self.listed).map { MissingInstanceBody($0) }
    moreMissing = missing.count > Self.listed
  }
}

/// What came from one source, and where it stands now.
package struct SourceTallyBody: Codable, Sendable {
  package var callingAE: String
  /// Null for strangers.
  @OrNull package var peer: String?
  package var received: Int
  package var bytes: Int64
  /// Every destination has it, or need not.
  package var delivered: Int
  package var committed: Int
  package var purged: Int
  package var discarded: Int
  package var open: Int
  package var failed: Int
  package var held: Int
  package var damaged: Int

  init(_ tally: SourceTally) {
    callingAE = tally.callingAE.rawValue
    peer = tally.peer?.rawValue
    received = tally.received
    bytes = tally.bytes
    delivered = tally.delivered
    committed = tally.committed
    purged = tally.purged
    discarded = tally.discarded
    open = tally.open
    failed = tally.failed
    held = tally.held
    damaged = tally.damaged
  }
}

package struct MissingInstanceBody: Codable, Sendable {
  package var peer: String
  package var transactionUID: String
  package var askedAt: String
  package var sopInstanceUID: String
  package var sopClassUID: String

  init(_ missing: MissingInstance) {
    peer = missing.peer.rawValue
    transactionUID = missing.transactionUID.rawValue
    askedAt = missing.askedAt.rfc3339
    sopInstanceUID = missing.sop.instanceUID.rawValue
    sopClassUID = missing.sop.classUID.rawValue
  }
}

/// The body of `POST /api/v1/reconciliation`: a list to compare with what is on record.
package struct ReconciliationListBody: Codable, Sendable {
  package var sopInstanceUIDs: [String]

  static let keys: Set = ["sopInstanceUIDs"]
  /// How many at once.
  package static let limit = 1000

  package init(sopInstanceUIDs: [String]) { self.sopInstanceUIDs = sopInstanceUIDs }
}

/// How the instances of a list stand.
package struct ComparisonBody: Codable, Sendable {
  package var compared: Int
  /// How many are in which state.
  package var states: [String: Int]
  /// Never came here.
  package var missing: [String]
  /// On record, but not known to be safe at every destination.
  package var unsafe: [Unsafe]

  package struct Unsafe: Codable, Sendable {
    package var sopInstanceUID: String
    package var reason: String
  }

  init(_ comparison: Reconciliation.Comparison, of count: Int) {
    compared = count
    states = Dictionary(uniqueKeysWithValues: comparison.states.map { ($0.rawValue, $1) })
    missing = comparison.missing.map(\.rawValue)
    unsafe = comparison.unsafe.map { Unsafe(sopInstanceUID: $0.uid.rawValue, reason: $0.reason) }
  }
}
