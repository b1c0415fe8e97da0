import Crypto
import DICOM

/// A level of the patient's tree, as the reference system lists it.
package enum ResourceLevel: Int, Sendable, CaseIterable, Comparable {
  case patient
  case study
  case series
  case instance

  package static func < (left: ResourceLevel, right: ResourceLevel) -> Bool { left.rawValue < right.rawValue }

  package var parent: ResourceLevel? { ResourceLevel(rawValue: rawValue - 1) }
}

/// The reference system's name for a patient, a study, a series or an instance: the SHA-1 of the identifiers down to
/// that level, in five groups of eight hexadecimal digits.
package struct ResourceID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package var description: String { rawValue }

  /// - Parameter identifiers: PatientID, then the UIDs of study, series and instance, as far as they go.
  package init(of identifiers: [String]) {
    let digits = Insecure.SHA1.hash(data: Array(identifiers.joined(separator: "|").utf8)).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    rawValue = stride(from: 0, to: digits.count, by: 4).map { digits[$0..<$0 + 4].joined() }.joined(separator: "-")
  }

  /// Whether it has the form of such a name.
  package var isValid: Bool {
    let groups = rawValue.split(separator: "-", omittingEmptySubsequences: false)
    return groups.count == 5 && groups.allSatisfy { $0.utf8.count == 8 && $0.allSatisfy(\.isHexDigit) }
  }
}

extension Instance {
  /// Its own name at the level of instances, or that of what it belongs to.
  package func resource(_ level: ResourceLevel) -> ResourceID {
    let identifiers = [
      attributes.patientID ?? "", attributes.studyInstanceUID?.rawValue ?? "",
      attributes.seriesInstanceUID?.rawValue ?? "", sop.instanceUID.rawValue,
    ]
    return ResourceID(of: Array(identifiers.prefix(level.rawValue + 1)))
  }
}

/// A resource with its level.
package struct Resource: Sendable, Hashable {
  package var level: ResourceLevel
  package var id: ResourceID

  package init(_ level: ResourceLevel, _ id: ResourceID) {
    self.level = level
    self.id = id
  }
}
