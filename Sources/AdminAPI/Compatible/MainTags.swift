import DICOM

/// The attributes by which the reference system shows a resource.
enum MainTags {
  static let patient = [
    "OtherPatientIDs", "PatientBirthDate", "PatientID", "PatientName", "PatientSex",
  ]
  static let study = [
    "AccessionNumber", "InstitutionName", "ReferringPhysicianName", "RequestedProcedureDescription",
    "RequestingPhysician", "StudyDate", "StudyDescription", "StudyID", "StudyInstanceUID", "StudyTime",
  ]
  static let series = [
    "AcquisitionDeviceProcessingDescription", "BodyPartExamined", "CardiacNumberOfImages", "ContrastBolusAgent",
    "ImageOrientationPatient", "ImagesInAcquisition", "Manufacturer", "Modality", "NumberOfSlices",
    "NumberOfTemporalPositions", "NumberOfTimeSlices", "OperatorsName", "PerformedProcedureStepDescription",
    "ProtocolName", "SequenceName", "SeriesDate", "SeriesDescription", "SeriesInstanceUID", "SeriesNumber",
    "SeriesTime", "SeriesType", "StationName",
  ]
  static let instance = [
    "AcquisitionNumber", "ImageComments", "ImageIndex", "ImageOrientationPatient", "ImagePositionPatient",
    "InstanceCreationDate", "InstanceCreationTime", "InstanceNumber", "NumberOfFrames", "SOPInstanceUID",
    "TemporalPositionIdentifier",
  ]

  /// The tags of all of them.
  static let tags: Set<Tag> = Set((patient + study + series + instance).compactMap(DataDictionary.tag))

  /// The longest value that is shown, in characters.
  static let longest = 256

  /// Of `names`, those that a header has, each with its text.
  static func body(_ names: [String], of header: Header) -> JSONValue {
    var body: [String: JSONValue] = [:]
    for name in names {
      guard let tag = DataDictionary.tag(keyword: name), let values = header.strings(tag) else { continue }
      let text = values.joined(separator: "\\")
      if text.count <= longest { body[name] = .string(text) }
    }
    return .object(body)
  }
}

/// All attributes of a data set as the reference system shows them.
struct TagsBody {
  enum Form {
    /// `{"0010,0010": {Name, Type, Value}}`.
    case full
    /// `{"PatientName": value}`.
    case simplified
    /// `{"0010,0010": value}`.
    case short
  }

  let form: Form

  func body(_ dataSet: DataSet) -> JSONValue {
    var body: [String: JSONValue] = [:]
    for element in dataSet.elements {
      let (type, value) = content(of: element, in: dataSet)
      switch form {
      case .full:
        var entry: [String: JSONValue] = ["Name": .string(name(element.tag)), "Type": .string(type), "Value": value]
        if let creator = creator(of: element.tag, in: dataSet) { entry["PrivateCreator"] = .string(creator) }
        body[element.tag.compatible] = .object(entry)
      case .simplified: body[name(element.tag)] = value
      case .short: body[element.tag.compatible] = value
      }
    }
    return .object(body)
  }

  private func name(_ tag: Tag) -> String {
    if tag.isPrivate, (0x0010...0x00FF).contains(tag.element) { return "PrivateCreator" }
    return DataDictionary.keyword(of: tag) ?? "Unknown Tag & Data"
  }

  private func creator(of tag: Tag, in dataSet: DataSet) -> String? {
    guard tag.isPrivate, tag.element > 0x00FF else { return nil }
    return dataSet.text(Tag(tag.group, tag.element >> 8))
  }

  private func content(of element: DataElement, in dataSet: DataSet) -> (type: String, value: JSONValue) {
    switch element.value {
    case .items: return ("Sequence", .array((dataSet.items(element.tag) ?? []).map { body($0) }))
    case .fragments: return ("Null", .null)
    case .bytes:
      guard ![.ob, .ow, .of, .od, .ol, .ov].contains(element.vr), let values = dataSet.strings(element.tag) else {
        return ("Null", .null)
      }
      let text = values.joined(separator: "\\")
      return text.count > MainTags.longest ? ("TooLong", .null) : ("String", .string(text))
    }
  }
}

extension Tag {
  /// `gggg,eeee` in lower-case hexadecimal digits.
  fileprivate var compatible: String {
    let digits = { (number: UInt16) in
      let text = String(number, radix: 16)
      return String(repeating: "0", count: 4 - text.count) + text
    }
    return "\(digits(group)),\(digits(element))"
  }
}
