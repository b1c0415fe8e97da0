import DICOM
import EscrowCore
import EscrowEngine

/// The body of `POST` and `DELETE /api/v1/legal-holds`: a patient or a study, and why.
package struct LegalHoldRequestBody: Codable, Sendable {
  package var patientID: String?
  package var issuerOfPatientID: String?
  package var studyInstanceUID: String?
  package var reason: String?
  /// Only tells how many copies are meant; when a hold ends.
  package var dryRun: Bool?
  /// Refused with 409 when another number is meant; when a hold ends.
  package var expect: Int?

  static let keys: Set = ["patientID", "issuerOfPatientID", "studyInstanceUID", "reason", "dryRun", "expect"]

  package init(
    patientID: String? = nil, issuerOfPatientID: String? = nil, studyInstanceUID: String? = nil,
    reason: String? = nil, dryRun: Bool? = nil, expect: Int? = nil
  ) {
    self.patientID = patientID
    self.issuerOfPatientID = issuerOfPatientID
    self.studyInstanceUID = studyInstanceUID
    self.reason = reason
    self.dryRun = dryRun
    self.expect = expect
  }

  func subject() throws(ProblemDetails) -> LegalHold.Subject {
    switch (patientID.flatMap { $0.isEmpty ? nil : $0 }, studyInstanceUID) {
    case (let id?, nil): return .patient(id, issuer: issuerOfPatientID.flatMap { $0.isEmpty ? nil : $0 })
    case (nil, let text?):
      guard issuerOfPatientID == nil else { throw .badRequest("issuerOfPatientID belongs to a patientID") }
      let uid = UID(text)
      guard uid.isValid else { throw .badRequest("\(text.escaped) is not a valid Study Instance UID") }
      return .study(uid)
    default:
      throw .badRequest("name either a patient (`patientID`, or --patient) or a study (`studyInstanceUID`, or --study)")
    }
  }

  /// The reason, which the record must have.
  func mandatoryReason() throws(ProblemDetails) -> String {
    guard let reason = try ResumeBody.checked(reason) else { throw .reasonNeeded }
    return reason
  }
}

/// A legal hold as `GET /api/v1/legal-holds` lists it.
package struct LegalHoldBody: Codable, Sendable {
  @OrNull package var patientID: String?
  @OrNull package var issuerOfPatientID: String?
  @OrNull package var studyInstanceUID: String?
  package var by: String
  package var reason: String
  package var at: String
  /// Copies that it keeps now.
  package var instances: Int

  init(_ record: LegalHoldRecord) {
    switch record.hold.subject {
    case .patient(let id, let issuer):
      patientID = id
      issuerOfPatientID = issuer
    case .study(let uid): studyInstanceUID = uid.rawValue
    }
    by = record.hold.by
    reason = record.hold.reason
    at = record.hold.at.rfc3339
    instances = record.instances
  }
}

/// What beginning or ending a legal hold means.
package struct LegalHoldChangeBody: Codable, Sendable {
  /// Copies that it keeps from now on, or that no legal hold keeps any more.
  package var instances: Int
}
