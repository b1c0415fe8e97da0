import DICOM
import EscrowTesting
import Testing

/// What leaves edited is what the data set would have been with these values, in every transfer syntax and however its
/// bytes come in.
@Suite struct DataSetPassageTests {
  private func pass(
    _ bytes: [UInt8], from source: TransferSyntax, to target: TransferSyntax? = nil, _ edits: [Tag: DataSetEdit],
    piece size: Int = .max
  ) throws -> [UInt8] {
    let passage = try DataSetPassage(from: source, to: target ?? source, edits: edits)
    var output: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      try Array(rest.prefix(size)).withUnsafeBytes { try passage.take($0, into: &output) }
      rest = rest.dropFirst(size)
    }
    try passage.finish(into: &output)
    return output
  }

  private static let edits: [Tag: DataSetEdit] = [
    .patientName: .set("Nobody^X"), .accessionNumber: .remove, Tag(0x0008, 0x0080): .set("General"),
    .contentSequence: .remove, Tag(0x0018, 0x6020): .set("-7\\8"),
    .patientID: .rewrite { text throws(EditingError) in "P" + text }, Tag(0x0066, 0x0016): .remove,
  ]

  private func edited(_ dataSet: DataSet) -> DataSet {
    var result = dataSet
    for tag in [.accessionNumber, .contentSequence, Tag(0x0066, 0x0016)] as [Tag] { result.remove(tag) }
    result.set(DataElement(.patientName, .pn, text: "Nobody^X"))
    result.set(DataElement(Tag(0x0008, 0x0080), .lo, text: "General "))
    result.set(DataElement(Tag(0x0018, 0x6020), .sl, .bytes([0xF9, 0xFF, 0xFF, 0xFF, 8, 0, 0, 0])))
    if let values = dataSet.strings(.patientID), !values.isEmpty {
      var text = values.map { "P" + $0 }.joined(separator: "\\")
      if !text.utf8.count.isMultiple(of: 2) { text += " " }
      result.set(DataElement(.patientID, .lo, .bytes(Array(text.utf8))))
    }
    return result
  }

  @Test("Random data sets", arguments: 0..<60 as Range<UInt64>)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let dataSet = RandomDataSet.make(depth: 3, &generator)
    let expected = edited(dataSet)
    let piece = Int.random(in: 1...50, using: &generator)
    for source in DataSetPropertyTests.syntaxes {
      for lengths in [DataSet.SequenceLengths.defined, .undefined] {
        let bytes = dataSet.encoded(as: source, sequences: lengths)
        let same = try pass(bytes, from: source, Self.edits, piece: piece)
        #expect(try DataSet(decoding: same, as: source) == expected)
        #expect(same.count.isMultiple(of: 2))
        if !source.isDeflated { #expect(same == expected.encoded(as: source, sequences: lengths)) }
        for target in DataSetRecoder.targets where target != source {
          let other = try pass(bytes, from: source, to: target, Self.edits, piece: piece)
          #expect(other == expected.encoded(as: target, sequences: .undefined))
        }
      }
    }
  }

  @Test func withoutEditsEveryByteStays() throws {
    var generator = SeededGenerator(seed: 3)
    let bytes = RandomDataSet.make(depth: 3, &generator).encoded(as: .explicitLittleEndian)
    #expect(try pass(bytes, from: .explicitLittleEndian, [:], piece: 7) == bytes)
  }

  /// Fragments of compressed pixels, an odd thing behind them, and a private group length in front.
  @Test func whatFollowsFromThePixelsOnIsLeftAlone() throws {
    let head: [UInt8] = [0x10, 0, 0x20, 0, 0x4C, 0x4F, 2, 0, 0x31, 0x20]
    let pixels: [UInt8] = [
      0xE0, 0x7F, 0x10, 0, 0x4F, 0x42, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0,
      0xE0, 4,
      0, 0, 0, 1, 2, 3, 4, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0, 0xFC, 0xFF, 0xFC, 0xFF, 0x4F, 0x42, 0, 0, 2, 0, 0, 0, 9,
      9,
    ]
    let jpeg = try #require(TransferSyntax.named("JPEGBaseline8Bit"))
    let output = try pass(head + pixels, from: jpeg, [.patientID: .set("42"), .patientName: .set("A^B ")], piece: 3)
    let name: [UInt8] = [0x10, 0, 0x10, 0, 0x50, 0x4E, 4, 0] + Array("A^B ".utf8)
    #expect(output == name + [0x10, 0, 0x20, 0, 0x4C, 0x4F, 2, 0, 0x34, 0x32] + pixels)
  }

  @Test func groupLengthsOfEditedGroupsGo() throws {
    let length: [UInt8] = [0x10, 0, 0, 0, 0x55, 0x4C, 4, 0, 10, 0, 0, 0]
    let id: [UInt8] = [0x10, 0, 0x20, 0, 0x4C, 0x4F, 2, 0, 0x31, 0x20]
    let other: [UInt8] = [0x20, 0, 0, 0, 0x55, 0x4C, 4, 0, 0, 0, 0, 0]
    let output = try pass(length + id + other, from: .explicitLittleEndian, [.patientID: .remove])
    #expect(output == other)
  }

  @Test func whatComesTwiceOrOutOfOrderIsEditedAll() throws {
    let id: [UInt8] = [0x10, 0, 0x20, 0, 0x4C, 0x4F, 2, 0, 0x31, 0x20]
    let series: [UInt8] = [0x20, 0, 0x11, 0, 0x49, 0x53, 2, 0, 0x31, 0x20]
    #expect(try pass(series + id + id, from: .explicitLittleEndian, [.patientID: .remove]) == series)
    let set = try pass(series + id + id, from: .explicitLittleEndian, [.patientID: .set("42")])
    #expect(set == [0x10, 0, 0x20, 0, 0x4C, 0x4F, 2, 0, 0x34, 0x32] + series)
  }

  @Test func textIsWrittenInTheDataSetsCharacterSet() throws {
    for (label, bytes) in [("ISO_IR 100", [0x4D, 0xFC]), ("ISO_IR 192", [0x4D, 0xC3, 0xBC, 0x20])]
      as [(String, [UInt8])]
    {
      let characters = DataSet([DataElement(.specificCharacterSet, .cs, text: label)])
      let output = try pass(
        characters.encoded(as: .explicitLittleEndian), from: .explicitLittleEndian, [.patientName: .set("Mü")])
      #expect(try DataSet(decoding: output, as: .explicitLittleEndian).bytes(.patientName) == bytes)
    }
    #expect(
      throws: EditingError.notWritable(.patientName, value: "山田", characterSet: "ISO_IR 6")
    ) { try pass([], from: .explicitLittleEndian, [.patientName: .set("山田")]) }
  }

  @Test func whatCannotBeWrittenIsNamedWithItsCharacterSetAsPeopleReadIt() throws {
    let characters = DataSet([DataElement(.specificCharacterSet, .cs, text: "\\ISO 2022 IR 87 ")])
    let error = #expect(throws: EditingError.self) {
      try pass(
        characters.encoded(as: .explicitLittleEndian), from: .explicitLittleEndian, [.institutionName: .set("Müll")])
    }
    #expect(
      error?.description == "InstitutionName (0008,0080) cannot be \"Müll\": the data set's character set "
        + "(\\ISO 2022 IR 87) has no such characters")
    #expect(EditingError.tooLong(Tag(0x0009, 0x1001), limit: 8).description.hasPrefix("(0009,1001) is longer than"))
  }

  @Test func aDataSetThatEndsTooEarlyIsNotEdited() throws {
    let sample = SampleInstance(modality: .sr)
    #expect(throws: EditingError.truncated) {
      try pass(Array(sample.dataSet.dropLast(1)), from: .explicitLittleEndian, [.patientName: .remove])
    }
  }

  @Test(arguments: [
    (VR.cs, "CT", true), (.cs, "ct", false), (.cs, "ABCDEFGHIJKLMNOPQ", false), (.da, "20260101", true),
    (.da, "2026", false),
    (.is, "-12", true), (.is, "x", false), (.us, "65535", true), (.us, "65536", false), (.us, "1\\2", true),
    (.fd, "1.5", true),
    (.ui, "1.2.3", true), (.ui, "1.a", false), (.lo, "Müller", true), (.sh, "Grüße aus Wien!!", true),
    (.sh, "12345678901234567", false),
    (.lt, "a\\b", true), (.as, "018Y", true), (.as, "18Y", false), (.ds, "1e3", true), (.ds, "nan", false),
    (.lo, "", true),
  ])
  func valuesFitTheirVR(_ vr: VR, _ text: String, _ fits: Bool) { #expect(vr.accepts(text) == fits) }
}
