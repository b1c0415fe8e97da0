public import DICOM
public import NIOCore

/// What the identifier of a pending C-FIND-RSP says is there (PS3.4 §C.4.1.1.3.2).
public struct InstanceMatch: Equatable, Sendable {
  public var instanceUID: UID
  /// Nil when the answer does not tell it.
  public var classUID: UID?

  /// The longest identifier that is read, in bytes.
  public static let maximumLength = 1 << 20

  public init(instanceUID: UID, classUID: UID? = nil) {
    self.instanceUID = instanceUID
    self.classUID = classUID
  }

  /// Reads an identifier; nil when it names no instance that could be had: another level, no or several UIDs (some
  /// peers send the keys of the question back), or one that cannot be retrieved (PS3.3 §C.4.23.1.1).
  public init?(decoding bytes: ByteBuffer, transferSyntax: UID) {
    guard bytes.readableBytes <= InstanceMatch.maximumLength,
      let dataSet = try? DataSet(decoding: bytes, as: TransferSyntax(transferSyntax)),
      dataSet.text(.queryRetrieveLevel).map({ $0 == "IMAGE" }) ?? true,
      dataSet.text(.instanceAvailability) != "UNAVAILABLE",
      let uids = dataSet.strings(.sopInstanceUID), uids.count == 1, let uid = uids.first, !uid.isEmpty
    else { return nil }
    let classes = (dataSet.strings(.sopClassUID) ?? []).filter { !$0.isEmpty }
    self.init(instanceUID: UID(uid), classUID: classes.isEmpty ? nil : UID(classes.joined(separator: "\\")))
  }

  /// Whether it is this instance: the same UID and, where the answer names a class, the same class.
  public func isOf(_ sop: SOPInstance) -> Bool {
    instanceUID == sop.instanceUID && (classUID ?? sop.classUID) == sop.classUID
  }
}
