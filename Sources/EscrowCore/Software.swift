package import DICOM

/// How this software names itself to peers and people.
package enum Software {
  package static let version = "0.1.0"
  /// (52H) Implementation Class UID (PS3.7 §D.3.3.2): a UUID-derived UID of ours, the same in every version.
  package static let implementationClassUID: UID = "2.25.281946207316958342791036445617038920187"
  /// (55H) Implementation Version Name, at most 16 characters.
  package static let implementationVersionName = "ESCROW_\(version)"
}
