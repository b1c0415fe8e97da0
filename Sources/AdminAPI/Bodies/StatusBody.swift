import EscrowCore
import EscrowEngine
import EscrowSpool

/// `GET /api/v1/status`: everything that says whether all is well.
package struct StatusBody: Codable, Sendable {
  package var instances: [String: Int]
  package var deliveries: [String: Int]
  package var destinations: [String: DestinationBody]
  package var spool: SpoolBody
  package var disks: [DiskBody]
  /// Of each kind up to a hundred.
  package var alarms: [AlarmBody]
  /// The kinds of which there are more.
  package var moreAlarms: [String]
}

/// How a destination is and what waits for it.
package struct DestinationBody: Codable, Sendable {
  /// `up`, `probing` or `down`; `missing` when it is not configured any more and deliveries wait for it.
  package var health: String
  @OrNull package var reason: String?
  /// Why nothing is sent to it: an operator drained or retired it; null when none did.
  @OrNull package var stop: StopBody?
  package var queued: Int
  package var sent: Int
  package var requested: Int
  package var failed: Int
  @OrNull package var oldestAgeSeconds: Double?
  @OrNull package var nextProbeAt: String?
}

/// What an operator stopped.
package struct StopBody: Codable, Sendable {
  /// `paused` or `retired`.
  package var state: String
  /// Who did it, and why.
  package var text: String
  package var at: String

  init(_ alarm: Alarm) {
    state = alarm.kind == .destinationRetired ? "retired" : "paused"
    text = alarm.text
    at = alarm.since.rfc3339
  }
}

/// A destination in a list: what ``DestinationBody`` has, and its name.
package struct NamedDestinationBody: Codable, Sendable {
  package var name: String
  package var destination: DestinationBody

  package init(name: String, destination: DestinationBody) {
    self.name = name
    self.destination = destination
  }

  package init(from decoder: any Decoder) throws {
    destination = try DestinationBody(from: decoder)
    name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
  }

  private enum CodingKeys: String, CodingKey { case name }

  package func encode(to encoder: any Encoder) throws {
    try destination.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
  }
}

package struct SpoolBody: Codable, Sendable {
  /// Bytes of the data sets that are kept.
  package var bytes: Int64
  @OrNull package var freeBytes: Int64?
}

/// A file system that the road needs.
package struct DiskBody: Codable, Sendable {
  /// What lies there: `spool`, `ledger` or `spool and ledger`.
  package var content: String
  package var path: String
  /// `enough`, `low` or `full`; while it is `full`, nothing is taken.
  package var level: String
  @OrNull package var reason: String?
  @OrNull package var freeBytes: Int64?
  @OrNull package var totalBytes: Int64?
  @OrNull package var freeInodes: Int64?
  @OrNull package var totalInodes: Int64?

  init(_ report: SpaceWatch.Report) {
    content = report.content
    path = report.path
    level = report.level.name
    reason = report.reason
    freeBytes = report.usage?.freeBytes
    totalBytes = report.usage?.totalBytes
    freeInodes = report.usage?.freeInodes
    totalInodes = report.usage?.totalInodes
  }
}

package struct AlarmBody: Codable, Sendable {
  package var kind: String
  package var subject: String
  package var since: String
  package var text: String

  init(_ alarm: Alarm) {
    kind = alarm.kind.rawValue
    subject = alarm.subject
    since = alarm.since.rfc3339
    text = alarm.text
  }
}
