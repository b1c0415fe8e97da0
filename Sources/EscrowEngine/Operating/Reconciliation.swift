package import DICOM
import EscrowConfiguration
package import EscrowCore
import Foundation

/// What came in a day against where it stands, and against what its senders asked about.
package struct Reconciliation: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// A day as the configuration's time zone has it.
  package struct Day: Sendable, Equatable {
    /// `YYYY-MM-DD`.
    package var name: String
    package var timeZone: String
    package var start: Timestamp
    /// When the next one begins.
    package var end: Timestamp
  }

  /// The day that `text` (`YYYY-MM-DD`) names, or today; nil when it is none.
  package func day(_ text: String?) -> Day? {
    var calendar = Calendar(identifier: .gregorian)
    let name = context.settings.timeZone
    calendar.timeZone = TimeZone(identifier: name) ?? .gmt
    let now = Date(timeIntervalSince1970: Double(context.clock.now().microseconds) / 1_000_000)
    let wanted = text.map { Self.components($0) } ?? calendar.dateComponents([.year, .month, .day], from: now)
    guard let wanted, let noon = calendar.date(from: wanted) else { return nil }
    let start = calendar.startOfDay(for: noon)
    let found = calendar.dateComponents([.year, .month, .day], from: start)
    guard let next = calendar.date(byAdding: .day, value: 1, to: start), found.year == wanted.year,
      found.month == wanted.month, found.day == wanted.day
    else { return nil }
    return Day(
      name: Self.text(found), timeZone: name, start: Self.timestamp(start),
      end: Self.timestamp(calendar.startOfDay(for: next)))
  }

  /// What came from each source in a day.
  package func tallies(of day: Day, from peer: PeerName?) async throws -> [SourceTally] {
    try await context.ledger.tallies(from: day.start, to: day.end, of: peer)
  }

  /// What peers asked about in a day and never sent here: at most `limit`.
  package func missing(on day: Day, askedBy peer: PeerName?, limit: Int) async throws -> [MissingInstance] {
    try await context.ledger.missing(askedFrom: day.start, to: day.end, by: peer, limit: limit)
  }

  /// How the instances of a list stand.
  package struct Comparison: Sendable, Equatable {
    /// On record, with how many there are in which state; of several with one UID the latest counts.
    package var states: [InstanceState: Int] = [:]
    /// Never came here.
    package var missing: [UID] = []
    /// Here or gone, but not known to be safe at every destination: why.
    package var unsafe: [(uid: UID, reason: String)] = []

    package static func == (left: Comparison, right: Comparison) -> Bool {
      left.states == right.states && left.missing == right.missing
        && left.unsafe.elementsEqual(right.unsafe) { $0.uid == $1.uid && $0.reason == $1.reason }
    }
  }

  /// Compares a list of SOP Instance UIDs with what is on record.
  package func compare(_ uids: [UID]) async throws -> Comparison {
    var comparison = Comparison()
    for uid in uids {
      let found = try await context.ledger.instances(
        InstanceFilter(sopInstanceUID: uid), page: PageRequest(limit: 1000))
      guard let latest = found.items.last else {
        comparison.missing.append(uid)
        continue
      }
      comparison.states[latest.instance.state, default: 0] += 1
      if let reason = latest.unsafeReason { comparison.unsafe.append((uid, reason)) }
    }
    return comparison
  }

  /// Reads `YYYY-MM-DD`.
  private static func components(_ text: String) -> DateComponents? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    return DateComponents(year: year, month: month, day: day, hour: 12)
  }

  private static func text(_ components: DateComponents) -> String {
    [(components.year, 4), (components.month, 2), (components.day, 2)].map { number, width in
      let digits = String(number ?? 0)
      return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }.joined(separator: "-")
  }

  private static func timestamp(_ date: Date) -> Timestamp {
    Timestamp(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
  }
}

extension InstanceRecord {
  /// Why it is not known to be at every destination; nil when it is.
  fileprivate var unsafeReason: String? {
    if Standing(of: deliveries).isProven { return nil }
    if let delivery = deliveries.first(where: { $0.origin == .route && !Standing.proven.contains($0.state) }) {
      return "the delivery to \(delivery.destination) is \(delivery.state)"
        + (delivery.reason.map { ": \($0)" } ?? "")
    }
    return "the instance is \(instance.state)" + (instance.reason.map { ": \($0)" } ?? "")
  }
}
