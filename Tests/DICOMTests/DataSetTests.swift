import DICOM
import EscrowTesting
import NIOCore
import Testing

struct DataSetTests {
  static let content = DataSet([
    DataElement(.specificCharacterSet, .cs, text: "ISO_IR 100"),
    DataElement(.sopClassUID, uid: "1.2.840.10008.5.1.4.1.1.2"),
    DataElement(.sopInstanceUID, uid: "1.2.3.4.5"),
    DataElement(.modality, .cs, text: "CT"),
    DataElement(.patientName, .pn, .bytes([0x4D, 0xFC, 0x6C, 0x6C, 0x65, 0x72, 0x5E, 0x4A, 0xF6, 0x72, 0x67])),
    DataElement(.patientID, .lo, text: "P1"),
    DataElement(
      .referencedSOPSequence,
      items: [
        DataSet([
          DataElement(.referencedSOPClassUID, uid: "1.2.840.10008.5.1.4.1.1.2"),
          DataElement(.referencedSOPInstanceUID, uid: "1.2.3"),
        ])
      ]),
    DataElement(Tag(0x0018, 0x9073), .fd, .bytes([0, 0, 0, 0, 0, 0, 4, 0x40])),
    DataElement(.studyInstanceUID, uid: "1.2.3.4"),
    DataElement(.rows, unsignedShort: 512),
    DataElement(Tag(0x0028, 0x0106), unsignedShort: 7),
  ])

  /// The same content, written by pydicom 3.0.2.
  static let elsewhere: [(TransferSyntax, [UInt8])] = [
    (
      .implicitLittleEndian,
      Raw.hex(
        """
        080005000a00000049534f5f495220313030080016001a000000312e322e3834302e31303030382e352e312e342e312e312e320008001800
        0a000000312e322e332e342e3500080060000200000043540800991138000000feff00e030000000080050111a000000312e322e3834302e
        31303030382e352e312e342e312e312e32000800551106000000312e322e3300100010000c0000004dfc6c6c65725e4af672672010002000
        0200000050311800739008000000000000000000044020000d0008000000312e322e332e3400280010000200000000022800060102000000
        0700
        """)
    ),
    (
      .explicitLittleEndian,
      Raw.hex(
        """
        0800050043530a0049534f5f4952203130300800160055491a00312e322e3834302e31303030382e352e312e342e312e312e320008001800
        55490a00312e322e332e342e350008006000435302004354080099115351000038000000feff00e0300000000800501155491a00312e322e
        3834302e31303030382e352e312e342e312e312e32000800551155490600312e322e330010001000504e0c004dfc6c6c65725e4af6726720
        100020004c4f020050311800739046440800000000000000044020000d0055490800312e322e332e34002800100055530200000228000601
        555302000700
        """)
    ),
    (
      .explicitBigEndian,
      Raw.hex(
        """
        000800054353000a49534f5f495220313030000800165549001a312e322e3834302e31303030382e352e312e342e312e312e320000080018
        5549000a312e322e332e342e350000080060435300024354000811995351000000000038fffee00000000030000811505549001a312e322e
        3834302e31303030382e352e312e342e312e312e32000008115555490006312e322e330000100010504e000c4dfc6c6c65725e4af6726720
        001000204c4f00025031001890734644000840040000000000000020000d55490008312e322e332e34000028001055530002020000280106
        555300020007
        """)
    ),
  ]

  @Test("The bytes are those of another toolkit", arguments: elsewhere)
  func encoding(transferSyntax: TransferSyntax, bytes: [UInt8]) throws {
    #expect(Self.content.encoded(as: transferSyntax) == bytes)
    let decoded = try DataSet(decoding: bytes, as: transferSyntax)
    #expect(decoded.encoded(as: transferSyntax) == bytes)
    #expect(decoded.text(.patientName) == "Müller^Jörg")
    #expect(decoded.unsignedShort(.rows) == 512)
    #expect(decoded.text(Tag(0x0018, 0x9073)) == "2.5")
    #expect(decoded.items(.referencedSOPSequence)?.first?.uid(.referencedSOPInstanceUID) == "1.2.3")
  }

  @Test("Elements stand in the order of their tags, whatever order they come in")
  func order() {
    var dataSet = DataSet([DataElement(.rows, unsignedShort: 1), DataElement(.modality, .cs, text: "CT")])
    dataSet.set(DataElement(.patientID, .lo, text: "P1"))
    dataSet.set(DataElement(.modality, .cs, text: "MR"))
    #expect(dataSet.elements.map(\.tag) == [.modality, .patientID, .rows])
    #expect(dataSet.text(.modality) == "MR")
    dataSet.remove(.patientID)
    #expect(dataSet[.patientID] == nil)
    #expect(
      DataSet([DataElement(.modality, .cs, text: "A"), DataElement(.modality, .cs, text: "B")]).text(.modality) == "A")
  }

  @Test(
    "Empty and absent sequences are told apart",
    arguments: [TransferSyntax.implicitLittleEndian, .explicitLittleEndian])
  func emptySequences(transferSyntax: TransferSyntax) throws {
    for lengths in [DataSet.SequenceLengths.defined, .undefined] {
      let bytes = DataSet([DataElement(.referencedSOPSequence, items: [])]).encoded(
        as: transferSyntax, sequences: lengths)
      let decoded = try DataSet(decoding: bytes, as: transferSyntax)
      #expect(decoded.items(.referencedSOPSequence) == [])
      #expect(decoded.items(.failedSOPSequence) == nil)
    }
  }

  @Test("A wrong VR does not hide the value of an attribute that is read")
  func wrongVR() throws {
    let bytes =
      Raw.explicit(.transactionUID, "SH", text: "1.2.3 ") + Raw.explicit(.failureReason, "SH", [0x12, 0x01])
      + Raw.explicit(.failedSOPSequence, "UN", Raw.item(Raw.implicit(.referencedSOPInstanceUID, text: "1.2\0")))
    let decoded = try DataSet(decoding: bytes, as: .explicitLittleEndian)
    #expect(decoded.uid(.transactionUID) == "1.2.3")
    #expect(decoded.unsignedShort(.failureReason) == 0x0112)
    #expect(decoded.items(.failedSOPSequence)?.first?.uid(.referencedSOPInstanceUID) == "1.2")
    let big = Raw.explicit(.failureReason, "SH", [0x01, 0x12], bigEndian: true)
    #expect(try DataSet(decoding: big, as: .explicitBigEndian).unsignedShort(.failureReason) == 0x0112)
  }

  @Test("A sequence of unknown VR that cannot be read stays bytes")
  func unreadableUnknown() throws {
    let content: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    let bytes = Raw.explicit(.failedSOPSequence, "UN", content) + Raw.explicit(.patientID, "LO", text: "P1")
    let decoded = try DataSet(decoding: bytes, as: .explicitLittleEndian)
    #expect(decoded.bytes(.failedSOPSequence) == content)
    #expect(decoded.items(.failedSOPSequence) == nil)
    #expect(decoded.text(.patientID) == "P1")
  }

  @Test("Values are padded to an even length by what their VR wants")
  func padding() {
    let odd = DataSet([
      DataElement(.sopInstanceUID, uid: "1.2"), DataElement(.patientID, .lo, text: "ABC"),
      DataElement(Tag(0x0009, 0x1001), .ob, .bytes([1])),
    ])
    let expected =
      Raw.explicit(.sopInstanceUID, "UI", text: "1.2\0") + Raw.explicit(Tag(0x0009, 0x1001), "OB", [1, 0])
      + Raw.explicit(.patientID, "LO", text: "ABC ")
    #expect(odd.encoded(as: .explicitLittleEndian) == expected)
  }

  @Test("A value too long for the short form is written as UN", arguments: [65534, 65535, 70000])
  func tooLongForShortForm(count: Int) throws {
    let dataSet = DataSet([DataElement(.patientID, .lo, text: String(repeating: "A", count: count))])
    for transferSyntax in [TransferSyntax.explicitLittleEndian, .explicitBigEndian] {
      let bytes = dataSet.encoded(as: transferSyntax)
      #expect(Array(bytes[4..<6]) == Array((count > 65534 ? "UN" : "LO").utf8))
      #expect(try DataSet(decoding: bytes, as: transferSyntax).text(.patientID)?.count == count)
    }
  }

  @Test("Stray delimiters and implicit islands are read over")
  func oddities() throws {
    let sequence = Raw.explicit(.referencedSOPSequence, "SQ", Raw.item(Raw.implicit(.patientID, text: "P1")))
    let decoded = try DataSet(decoding: sequence + Raw.sequenceEnd() + Raw.itemEnd(), as: .explicitLittleEndian)
    #expect(decoded.items(.referencedSOPSequence)?.first?.text(.patientID) == "P1")
    let open = Raw.explicit(.referencedSOPSequence, "SQ", length: Raw.undefined) + Raw.item(length: Raw.undefined)
    #expect(
      try DataSet(decoding: open + Raw.sequenceEnd(), as: .explicitLittleEndian).items(.referencedSOPSequence)?.count
        == 1)
  }

  @Test("A buffer decodes like an array")
  func buffer() throws {
    let bytes = Self.content.encoded(as: .explicitLittleEndian)
    var buffer = ByteBuffer(bytes: [1, 2, 3] + bytes)
    buffer.moveReaderIndex(forwardBy: 3)
    #expect(
      try DataSet(decoding: buffer, as: .explicitLittleEndian) == DataSet(decoding: bytes, as: .explicitLittleEndian))
  }
}
