import DICOM

/// What samples hold besides their pixels and their UIDs.
enum SampleContent {
  static let common: [DataElement] = [
    DataElement(.specificCharacterSet, .cs, text: "ISO_IR 100"),
    DataElement(.studyDate, .da, text: "20260101"),
    DataElement(.studyTime, .tm, text: "101530"),
    DataElement(.accessionNumber, .sh, text: "ACC1"),
    DataElement(.institutionName, .lo, text: "General Hospital"),
    DataElement(.referringPhysicianName, .pn, text: "Refer^Ruth"),
    DataElement(.stationName, .sh, text: "STATION1"),
    DataElement(.studyDescription, .lo, text: "CHEST ROUTINE"),
    DataElement(.seriesDescription, .lo, text: "Axial 1.0"),
    DataElement(Tag(0x0008, 0x1110), items: []),
    DataElement(.patientBirthDate, .da, text: "19700131"),
    DataElement(.patientSex, .cs, text: "O"),
    DataElement(.studyID, .sh, text: "1"),
    DataElement(.seriesNumber, .is, text: "1"),
    DataElement(.instanceNumber, .is, text: "1"),
  ]

  /// A comprehensive report with a container in a container (PS3.3 §A.35.3).
  static let report: [DataElement] = [
    DataElement(Tag(0x0040, 0xA040), .cs, text: "CONTAINER"),
    DataElement(Tag(0x0040, 0xA043), items: [code("126000", "Imaging Measurement Report")]),
    DataElement(Tag(0x0040, 0xA050), .cs, text: "SEPARATE"),
    DataElement(Tag(0x0040, 0xA491), .cs, text: "COMPLETE"),
    DataElement(Tag(0x0040, 0xA493), .cs, text: "UNVERIFIED"),
    DataElement(.contentSequence, items: [container(of: [finding("Clear"), finding("Normal heart")])]),
  ]

  private static func container(of items: [DataSet]) -> DataSet {
    DataSet([
      DataElement(Tag(0x0040, 0xA010), .cs, text: "CONTAINS"),
      DataElement(Tag(0x0040, 0xA040), .cs, text: "CONTAINER"),
      DataElement(Tag(0x0040, 0xA043), items: [code("121070", "Findings")]),
      DataElement(Tag(0x0040, 0xA050), .cs, text: "SEPARATE"),
      DataElement(.contentSequence, items: items),
    ])
  }

  private static func finding(_ text: String) -> DataSet {
    DataSet([
      DataElement(Tag(0x0040, 0xA010), .cs, text: "CONTAINS"),
      DataElement(Tag(0x0040, 0xA040), .cs, text: "TEXT"),
      DataElement(Tag(0x0040, 0xA043), items: [code("121071", "Finding")]),
      DataElement(Tag(0x0040, 0xA160), .ut, text: text),
    ])
  }

  private static func code(_ value: String, _ meaning: String) -> DataSet {
    DataSet([
      DataElement(Tag(0x0008, 0x0100), .sh, text: value),
      DataElement(Tag(0x0008, 0x0102), .sh, text: "DCM"),
      DataElement(Tag(0x0008, 0x0104), .lo, text: meaning),
    ])
  }
}
