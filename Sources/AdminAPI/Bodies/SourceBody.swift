import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine

/// A sender, as `GET /api/v1/sources` lists it.
package struct SourceBody: Codable, Sendable {
  package var name: String
  package var aeTitle: String
  @OrNull package var lastReceivedAt: String?
  /// Copies of what it sent that are here.
  package var copies: Int
  package var bytes: Int64
  @OrNull package var quotaBytes: Int64?
  /// Its quota is used up: what it sends is refused.
  package var full: Bool
  /// Why what it sends is held.
  @OrNull package var hold: String?
  /// It sends nothing though it should.
  package var silent: Bool

  init(_ peer: Peer, _ record: SourceRecord?, isFull: Bool, isSilent: Bool) {
    name = peer.name.rawValue
    aeTitle = peer.aeTitle.rawValue
    lastReceivedAt = record?.lastReceived.rfc3339
    copies = record?.copies ?? 0
    bytes = record?.bytes ?? 0
    quotaBytes = peer.intake.quota
    full = isFull
    hold = peer.intake.hold
    silent = isSilent
  }

  /// Every peer that may store, by its name.
  static func all(_ context: EngineContext) async throws -> [SourceBody] {
    let records = Dictionary(
      try await context.ledger.sources().map { ($0.peer, $0) }, uniquingKeysWith: { first, _ in first })
    let silent = Set(try await context.ledger.alarms(of: [.sourceSilent]).map(\.subject))
    return context.settings.peers.values.filter { $0.allow.contains(.store) }.sorted { $0.name < $1.name }.map {
      SourceBody(
        $0, records[$0.name], isFull: context.sources.isOver($0), isSilent: silent.contains($0.name.rawValue))
    }
  }
}
