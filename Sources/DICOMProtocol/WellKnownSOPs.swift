public import DICOM

/// The Verification service (PS3.4 Annex A).
public enum Verification {
  public static let sopClassUID: UID = "1.2.840.10008.1.1"
}

/// The Storage Commitment Push Model (PS3.4 Annex J).
public enum StorageCommitment {
  public static let sopClassUID: UID = "1.2.840.10008.1.20.1"
  /// The well-known instance that every request and report names.
  public static let sopInstanceUID: UID = "1.2.840.10008.1.20.1.1"
  /// Action Type ID: request storage commitment.
  public static let requestActionTypeID: UInt16 = 1
  /// Event Type ID: request successful.
  public static let successEventTypeID: UInt16 = 1
  /// Event Type ID: request complete, failures exist.
  public static let failureEventTypeID: UInt16 = 2
  /// The transfer syntaxes to offer for it, in this order; Explicit VR Big Endian is understood as well.
  public static let offeredTransferSyntaxes: [UID] = [
    NativeSyntax.explicitLittleEndian.uid, NativeSyntax.implicitLittleEndian.uid,
  ]
  /// All transfer syntaxes in which its payloads can be read and written.
  public static let transferSyntaxes: [UID] = NativeSyntax.allCases.map(\.uid)
}

/// Query of the Study Root Query/Retrieve Information Model (PS3.4 §C.6.2).
public enum StudyRootFind {
  public static let sopClassUID: UID = "1.2.840.10008.5.1.4.1.2.2.1"
  /// The transfer syntaxes to offer for it, in this order.
  public static let offeredTransferSyntaxes: [UID] = [
    NativeSyntax.explicitLittleEndian.uid, NativeSyntax.implicitLittleEndian.uid,
  ]
  /// What proposes relational queries in 56H: the first byte says so (PS3.4 §C.5.1.1).
  public static let relationalInformation: [UInt8] = [1]
}
