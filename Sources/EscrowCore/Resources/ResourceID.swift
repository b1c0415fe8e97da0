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
  package init(of identifiers: [String]) { self.init(digest: Self.digest(of: identifiers)) }

  /// The name as 20 bytes.
  package static func digest(of identifiers: [String]) -> [UInt8] {
    Array(Insecure.SHA1.hash(data: Array(identifiers.joined(separator: "|").utf8)))
  }

  /// The name that these 20 bytes are.
  package init(digest: some Sequence<UInt8>) {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (index, byte) in digest.enumerated() {
      if index > 0, index.isMultiple(of: 4) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    rawValue = String(decoding: text, as: UTF8.self)
  }

  /// Whether it has the form of such a name.
  package var isValid: Bool {
    let groups = rawValue.split(separator: "-", omittingEmptySubsequences: false)
    return groups.count == 5 && groups.allSatisfy { $0.utf8.count == 8 && $0.allSatisfy(\.isHexDigit) }
  }
}

extension Instance {
  /// Its own name at the level of instances, or that of what it belongs to.
  package func resource(_ level: ResourceLevel) -> ResourceID { ResourceID(digest: resourceDigest(level)) }

  /// The same as 20 bytes.
  package func resourceDigest(_ level: ResourceLevel) -> [UInt8] {
    let identifiers = [
      attributes.patientID ?? "", attributes.studyInstanceUID?.rawValue ?? "",
      attributes.seriesInstanceUID?.rawValue ?? "", sop.instanceUID.rawValue,
    ]
    return ResourceID.digest(of: Array(identifiers.prefix(level.rawValue + 1)))
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
