extension DirectoryRecord {
  /// The record of the patient that a data set speaks of (PS3.3 §F.5.1).
  public static func patient(_ dataSet: DataSet, children: [DirectoryRecord]) -> DirectoryRecord {
    record("PATIENT", [.empty(.patientName), .filled(.patientID, "UNKNOWN")], of: dataSet, children: children)
  }

  /// The record of its study (PS3.3 §F.5.2).
  public static func study(_ dataSet: DataSet, children: [DirectoryRecord]) -> DirectoryRecord {
    record(
      "STUDY",
      [
        .filled(.studyDate, "19000101"), .filled(.studyTime, "000000"), .empty(.studyDescription),
        .present(.studyInstanceUID), .filled(.studyID, "1"), .empty(.accessionNumber),
      ], of: dataSet, children: children)
  }

  /// The record of its series (PS3.3 §F.5.3).
  public static func series(_ dataSet: DataSet, number: Int, children: [DirectoryRecord]) -> DirectoryRecord {
    record(
      "SERIES",
      [.filled(.modality, "OT"), .present(.seriesInstanceUID), .filled(.seriesNumber, "\(number)")],
      of: dataSet, children: children)
  }

  /// The record of the instance itself, by its class (PS3.3 §F.5.4 and following).
  public static func instance(_ dataSet: DataSet, number: Int, file: ReferencedFile) -> DirectoryRecord {
    let kind = InstanceKind(of: file.sop.classUID, isImage: dataSet[.rows] != nil)
    var record = record(kind.type, kind.keys(number: number), of: dataSet, children: [])
    if kind.type == "PRIVATE" { record.keys.set(DataElement(.privateRecordUID, uid: file.sop.classUID)) }
    record.file = file
    return record
  }

  /// What a record says of a data set, and what instead where that does not.
  enum Key {
    /// Must have a value.
    case filled(Tag, String)
    /// May be empty.
    case empty(Tag)
    /// Is left out where it is missing.
    case present(Tag)
  }

  private static func record(
    _ type: String, _ keys: [Key], of dataSet: DataSet, children: [DirectoryRecord]
  ) -> DirectoryRecord {
    var elements = keys.compactMap { element(for: $0, of: dataSet) }
    // PS3.3 §F.3.2.2: the characters of the keys are those of the data set.
    if let set = dataSet[.specificCharacterSet] { elements.append(set) }
    return DirectoryRecord(type: type, keys: DataSet(elements), children: children)
  }

  private static func element(for key: Key, of dataSet: DataSet) -> DataElement? {
    switch key {
    case .filled(let tag, let text):
      let known = dataSet[tag]
      return known.flatMap { dataSet.text(tag) == nil ? nil : $0 } ?? DataElement(tag, vr(tag), text: text)
    case .empty(let tag): return dataSet[tag] ?? DataElement(tag, vr(tag), text: "")
    case .present(let tag): return dataSet[tag]
    }
  }

  private static func vr(_ tag: Tag) -> VR { DataDictionary.vrs(of: tag).first ?? .lo }
}

/// The kind of record that an instance has, by its SOP class, and what that says of it.
struct InstanceKind {
  let type: String
  private let extra: [DirectoryRecord.Key]

  init(of classUID: UID, isImage: Bool) {
    let root = "1.2.840.10008.5.1.4.1.1."
    let suffix = classUID.rawValue.hasPrefix(root) ? String(classUID.rawValue.dropFirst(root.count)) : ""
    let known = Self.known.first { suffix == $0.suffix || $0.isFamily && suffix.hasPrefix($0.suffix + ".") }
    (type, extra) = known.map { ($0.type, $0.keys) } ?? (isImage || !suffix.isEmpty ? "IMAGE" : "PRIVATE", [])
  }

  func keys(number: Int) -> [DirectoryRecord.Key] { [.filled(.instanceNumber, "\(number)")] + extra }

  private struct Known {
    let suffix: String
    var isFamily = false
    let type: String
    let keys: [DirectoryRecord.Key]
  }

  /// More exact ones first.
  private static let known = [
    Known(suffix: "88.59", type: "KEY OBJECT DOC", keys: content + [.present(.conceptNameCodeSequence)]),
    Known(
      suffix: "88", isFamily: true, type: "SR DOCUMENT",
      keys: content + [
        .filled(.completionFlag, "PARTIAL"), .filled(.verificationFlag, "UNVERIFIED"),
        .present(.conceptNameCodeSequence),
      ]),
    Known(
      suffix: "11", isFamily: true, type: "PRESENTATION",
      keys: labels + [
        .filled(.presentationCreationDate, "19000101"), .filled(.presentationCreationTime, "000000"),
        .present(.referencedSeriesSequence),
      ]),
    Known(suffix: "9", isFamily: true, type: "WAVEFORM", keys: content),
    Known(
      suffix: "104", isFamily: true, type: "ENCAP DOC",
      keys: [
        .empty(.contentDate), .empty(.contentTime), .empty(.documentTitle), .present(.conceptNameCodeSequence),
        .filled(.mimeType, "application/octet-stream"),
      ]),
    Known(suffix: "481.2", type: "RT DOSE", keys: [.filled(Tag(0x3004, 0x000A), "PLAN")]),
    Known(
      suffix: "481.3", type: "RT STRUCTURE SET",
      keys: [.filled(Tag(0x3006, 0x0002), "UNKNOWN"), .empty(Tag(0x3006, 0x0008)), .empty(Tag(0x3006, 0x0009))]),
    Known(suffix: "481.5", type: "RT PLAN", keys: plan), Known(suffix: "481.8", type: "RT PLAN", keys: plan),
    Known(suffix: "481.4", type: "RT TREAT RECORD", keys: treatment),
    Known(suffix: "481.6", type: "RT TREAT RECORD", keys: treatment),
    Known(suffix: "481.7", type: "RT TREAT RECORD", keys: treatment),
    Known(suffix: "481.9", type: "RT TREAT RECORD", keys: treatment),
    Known(suffix: "66", type: "RAW DATA", keys: content),
    Known(suffix: "66.1", type: "REGISTRATION", keys: content + labels),
    Known(suffix: "66.3", type: "REGISTRATION", keys: content + labels),
    Known(suffix: "66.2", type: "FIDUCIAL", keys: content + labels),
    Known(suffix: "67", type: "VALUE MAP", keys: content + labels),
    Known(
      suffix: "4.2", type: "SPECTROSCOPY",
      keys: content + [
        .filled(.imageType, "ORIGINAL\\PRIMARY"), .present(.numberOfFrames), .present(.rows), .present(.columns),
        .present(Tag(0x0028, 0x9001)), .present(Tag(0x0028, 0x9002)),
      ]),
  ]

  private static let content: [DirectoryRecord.Key] = [
    .filled(.contentDate, "19000101"), .filled(.contentTime, "000000"),
  ]
  private static let labels: [DirectoryRecord.Key] = [
    .filled(.contentLabel, "UNKNOWN"), .empty(.contentDescription), .empty(.contentCreatorName),
  ]
  private static let plan: [DirectoryRecord.Key] = [
    .filled(Tag(0x300A, 0x0002), "UNKNOWN"), .empty(Tag(0x300A, 0x0006)), .empty(Tag(0x300A, 0x0007)),
  ]
  private static let treatment: [DirectoryRecord.Key] = [.empty(Tag(0x3008, 0x0250)), .empty(Tag(0x3008, 0x0251))]
}

extension Tag {
  static let contentDate = Tag(0x0008, 0x0023)
  static let contentTime = Tag(0x0008, 0x0033)
  static let referencedSeriesSequence = Tag(0x0008, 0x1115)
  static let conceptNameCodeSequence = Tag(0x0040, 0xA043)
  static let completionFlag = Tag(0x0040, 0xA491)
  static let verificationFlag = Tag(0x0040, 0xA493)
  static let documentTitle = Tag(0x0042, 0x0010)
  static let mimeType = Tag(0x0042, 0x0012)
  static let contentLabel = Tag(0x0070, 0x0080)
  static let contentDescription = Tag(0x0070, 0x0081)
  static let presentationCreationDate = Tag(0x0070, 0x0082)
  static let presentationCreationTime = Tag(0x0070, 0x0083)
  static let contentCreatorName = Tag(0x0070, 0x0084)
}
