/// What is known of SOP classes: their names, and which of them store (PS3.4 Annex B, PS3.6 Annex A).
public enum SOPClass {
  /// Verification, C-ECHO (PS3.4 Annex A).
  public static let verification: UID = "1.2.840.10008.1.1"
  /// Storage Commitment Push Model (PS3.4 Annex J).
  public static let storageCommitmentPushModel: UID = "1.2.840.10008.1.20.1"
  /// The well-known instance that storage commitment is asked of (PS3.4 §J.3.5).
  public static let storageCommitmentPushModelInstance: UID = "1.2.840.10008.1.20.1.1"
  /// The service class that a 57H item names to declare a private class a storage class (PS3.7 §D.3.3.6).
  public static let storageServiceClass: UID = "1.2.840.10008.4.2"

  /// The SOP class that a PS3.6 keyword such as `CTImageStorage`, or a UID, names.
  public static func named(_ keywordOrUID: String) -> UID? {
    if let entry = UIDDictionary.entry(keyword: keywordOrUID) { return entry.kind == .sopClass ? entry.uid : nil }
    let uid = UID(keywordOrUID)
    return uid.isValid ? uid : nil
  }

  /// PS3.6's keyword of a registered SOP class.
  public static func keyword(of uid: UID) -> String? {
    UIDDictionary.entry(of: uid).flatMap { [.sopClass, .metaSOPClass].contains($0.kind) ? $0.keyword : nil }
  }

  /// Whether instances of a class can be stored: every class not known to be another service, private ones included.
  public static func isStorage(_ uid: UID) -> Bool {
    if storageElsewhere.contains(uid) { return true }
    if uid.rawValue.hasPrefix(storageRoot) { return !servicesUnderStorageRoot.contains(uid) }
    return UIDDictionary.entry(of: uid) == nil && !serviceRoots.contains { uid.rawValue.hasPrefix($0) }
  }

  private static let storageRoot = "1.2.840.10008.5.1.4.1.1."

  /// FIND, MOVE and GET of protocol approvals and inventories, creation and query of inventories with its instance.
  private static let servicesUnderStorageRoot = Set<UID>(
    ["200.4", "200.5", "200.6", "201.1.1", "201.2", "201.3", "201.4", "201.5", "201.6"].map { UID(storageRoot + $0) })

  /// Radiotherapy instructions, hanging protocols, palettes, implant templates, and the old stored prints.
  private static let storageElsewhere: Set<UID> = [
    "1.2.840.10008.5.1.4.34.1", "1.2.840.10008.5.1.4.34.7", "1.2.840.10008.5.1.4.34.10",
    "1.2.840.10008.5.1.4.38.1", "1.2.840.10008.5.1.4.39.1",
    "1.2.840.10008.5.1.4.43.1", "1.2.840.10008.5.1.4.44.1", "1.2.840.10008.5.1.4.45.1",
    "1.2.840.10008.5.1.1.27", "1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.1.30",
  ]

  /// Families in which a class newer than our registry is a service too: patient, study and procedure step
  /// management, print, query/retrieve, general purpose worklist, unified procedure step, real-time video.
  private static let serviceRoots = [
    "1.2.840.10008.3.1.2.", "1.2.840.10008.5.1.1.", "1.2.840.10008.5.1.4.1.2.", "1.2.840.10008.5.1.4.32.",
    "1.2.840.10008.5.1.4.34.4.", "1.2.840.10008.5.1.4.34.6.", "1.2.840.10008.5.1.4.37.", "1.2.840.10008.1.20.",
    "1.2.840.10008.10.",
  ]
}
