package import DICOM

/// An order that no copy of a patient's or a study's instances is deleted, whoever asks for it: those on record, and
/// those that come later. It does not stop sending.
package struct LegalHold: Sendable, Equatable {
  package var subject: Subject
  package var by: String
  package var reason: String
  package var at: Timestamp

  package init(_ subject: Subject, by: String, reason: String, at: Timestamp) {
    self.subject = subject
    self.by = by
    self.reason = reason
    self.at = at
  }

  /// Whose instances are held.
  package enum Subject: Sendable, Hashable {
    /// Patient ID (0010,0020) as received, and Issuer of Patient ID (0010,0021); nil for every issuer.
    case patient(String, issuer: String?)
    case study(UID)
  }
}

extension LegalHold.Subject {
  /// Whether it holds an instance. Where the instance does not say whose the Patient ID is, it is held.
  package func covers(_ attributes: InstanceAttributes) -> Bool {
    switch self {
    case .study(let uid): attributes.studyInstanceUID == uid
    case .patient(let id, let issuer):
      attributes.patientID == id
        && (issuer == nil || attributes.issuerOfPatientID == nil || attributes.issuerOfPatientID == issuer)
    }
  }

  package var studyInstanceUID: UID? { if case .study(let uid) = self { uid } else { nil } }
}

extension LegalHold.Subject: CustomStringConvertible {
  package var description: String {
    switch self {
    case .study(let uid): "study \(uid)"
    case .patient(let id, let issuer): "patient \(id)" + (issuer.map { " of \($0)" } ?? "")
    }
  }
}

/// A legal hold with how many copies it keeps now.
package struct LegalHoldRecord: Sendable, Equatable {
  package var hold: LegalHold
  package var instances: Int

  package init(hold: LegalHold, instances: Int) {
    self.hold = hold
    self.instances = instances
  }
}

extension EscrowEvent {
  /// An operator began or ended a legal hold.
  package static func legalHold(
    _ subject: LegalHold.Subject, _ done: String, reason: String?, instances: Int, actor: String, now: Timestamp
  ) -> EscrowEvent {
    let text = "legal hold of \(subject) \(done)"
    return EscrowEvent(
      .operatorAction, at: now, studyInstanceUID: subject.studyInstanceUID, instances: instances,
      reason: reason.map { "\(text): \($0)" } ?? text, actor: actor)
  }
}
