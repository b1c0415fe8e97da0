import DICOM
import NIOCore

/// The transfer syntaxes that need no decoder (PS3.5 §10, Annex A).
enum NativeSyntax: CaseIterable {
  case explicitLittleEndian
  case implicitLittleEndian
  case explicitBigEndian

  init?(_ uid: UID) {
    guard let syntax = NativeSyntax.allCases.first(where: { $0.uid == uid }) else { return nil }
    self = syntax
  }

  var uid: UID {
    switch self {
    case .implicitLittleEndian: "1.2.840.10008.1.2"
    case .explicitLittleEndian: "1.2.840.10008.1.2.1"
    case .explicitBigEndian: "1.2.840.10008.1.2.2"
    }
  }

  var endianness: Endianness { self == .explicitBigEndian ? .big : .little }
  var isImplicit: Bool { self == .implicitLittleEndian }
}
