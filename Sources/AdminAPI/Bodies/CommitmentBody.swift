import DICOM
import EscrowCore

/// A storage commitment transaction, as `GET /api/v1/commitments` lists it.
package struct CommitmentBody: Codable, Sendable {
  package var transactionUID: String
  package var to: String
  /// `open`, `answered` or `refused`.
  package var state: String
  package var openedAt: String
  @OrNull package var answeredAt: String?
  @OrNull package var nextAskAt: String?
  @OrNull package var message: String?
  @OrNull package var reportedBy: String?
  package var references: Int
  package var committed: Int
  package var failed: [FailedBody]
  /// Asked for through the API, not for deliveries of routes.
  package var manual: Bool

  package struct FailedBody: Codable, Sendable {
    package var sopInstanceUID: String
    package var reasonCode: String
  }

  init(_ record: TransactionRecord) {
    transactionUID = record.uid.rawValue
    to = record.destination.rawValue
    state = record.state.rawValue
    openedAt = record.openedAt.rfc3339
    answeredAt = record.answeredAt?.rfc3339
    nextAskAt = record.nextAskAt?.rfc3339
    message = record.message
    reportedBy = record.reportedBy
    references = record.references
    committed = record.committed
    failed = record.failed.map {
      FailedBody(sopInstanceUID: $0.sop.instanceUID.rawValue, reasonCode: hexadecimal($0.reason))
    }
    manual = record.manual
  }
}

/// The body of `POST /api/v1/commitments`.
package struct CommitmentRequestBody: Codable, Sendable {
  package var to: String
  package var references: [Reference]

  static let keys: Set = ["to", "references", "references.sopClassUID", "references.sopInstanceUID"]

  package struct Reference: Codable, Sendable {
    package var sopClassUID: String
    package var sopInstanceUID: String

    package init(sopClassUID: String, sopInstanceUID: String) {
      self.sopClassUID = sopClassUID
      self.sopInstanceUID = sopInstanceUID
    }
  }

  package init(to: String, references: [Reference]) {
    self.to = to
    self.references = references
  }
}

/// The answer to `POST /api/v1/commitments`.
package struct CommitmentAskedBody: Codable, Sendable {
  package var transactionUID: String
}

/// The answer to `POST /api/v1/send`.
package struct SentBody: Codable, Sendable {
  package var instance: String
  package var delivery: Int64
}
