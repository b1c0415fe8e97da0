import DICOM
package import EscrowCore
import FoundationEssentials

/// What a receiver is told: `{type, timestamp, data}`.
///
/// The schemas in `docs/webhooks/schemas` describe it, one for each type.
package struct WebhookBody: Encodable, Equatable, Sendable {
  package let type: String
  /// When it happened, not when it is sent: RFC 3339 in UTC.
  package let timestamp: String
  package let data: Fields

  /// What it is about. Absent values are left out.
  package struct Fields: Encodable, Equatable, Sendable {
    /// The event's place in the record: receivers order by it.
    package var sequence: Int64
    package var studyInstanceUID: String?
    /// How many instances it speaks of.
    package var instances: Int
    /// How many of them failed.
    package var failed: Int
    package var sopInstanceUID: String?
    /// The peer it concerns.
    package var to: String?
    package var transactionUID: String?
    package var reason: String?
    /// A failure reason (PS3.3 §C.14.1.1) or status (PS3.7 annex C) as a number.
    package var reasonCode: Int?
    package var patientID: String?
    /// Where everything on record about it can be read.
    package var url: String?
  }

  /// - Parameters:
  ///   - patientID: only for endpoints that may have it.
  ///   - apiURL: where receivers reach the HTTP interface, without a slash at the end.
  package init(_ recorded: RecordedEvent, patientID: String? = nil, apiURL: String? = nil) {
    let event = recorded.event
    let instances = event.instances ?? (event.sopInstanceUID == nil ? 0 : 1)
    let subject = event.studyInstanceUID ?? event.sopInstanceUID
    type = event.kind.rawValue
    timestamp = event.at.rfc3339
    data = Fields(
      sequence: recorded.sequence, studyInstanceUID: event.studyInstanceUID?.rawValue, instances: instances,
      failed: event.failed ?? (event.kind == .deliveryFailed ? instances : 0),
      sopInstanceUID: event.sopInstanceUID?.rawValue, to: event.destination?.rawValue,
      transactionUID: event.transactionUID?.rawValue, reason: event.reason,
      reasonCode: event.reasonCode.map { Int($0) }, patientID: patientID,
      url: apiURL.flatMap { base in subject.flatMap { $0.isValid ? "\(base)/api/v1/trace/\($0)" : nil } })
  }

  /// The same bytes for the same event, always: keys in alphabetical order.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }
}
