import DICOM
import EscrowTesting
import Testing

struct FileMetaTests {
  static let meta = FileMeta(
    sopInstance: SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: "1.2.3.4.5"),
    transferSyntax: .explicitLittleEndian, implementationClassUID: "1.2.826.0.1",
    implementationVersionName: "ESCROW", sourceAE: "CT1",
    privateInformation: FileMeta.PrivateInformation(creator: "1.2.9", value: [0x61, 0x62, 0x63, 0]))

  /// The same information, written by pydicom 3.0.2.
  static let elsewhere = Raw.hex(
    """
    02000000554c0400aa000000020001004f4200000200000000010200020055491a00312e322e3834302e31303030382e352e312e342e312e31
    2e32000200030055490a00312e322e332e342e35000200100055491400312e322e3834302e31303030382e312e322e31000200120055490c00
    312e322e3832362e302e31000200130053480600455343524f570200160041450400435431200200000155490600312e322e3900020002014f
    4200000400000061626300
    """)

  @Test("The bytes are those of another toolkit, behind a preamble of zeros")
  func encoding() {
    let bytes = Self.meta.encoded().bytes
    #expect(bytes[..<128].allSatisfy { $0 == 0 })
    #expect(Array(bytes[128..<132]) == Array("DICM".utf8))
    #expect(Array(bytes[132...]) == Self.elsewhere)
  }

  @Test("What was encoded is decoded, and the data set found behind it")
  func roundTrip() throws {
    var meta = Self.meta
    meta.sendingAE = "SENDER"
    meta.receivingAE = "RECEIVER12345678"
    meta.transferSyntax = .jpeg2000
    let encoded = meta.encoded().bytes
    let decoded = try FileMeta.decode(encoded + [8, 0, 5, 0])
    #expect(decoded.meta == meta)
    #expect(decoded.dataSetOffset == encoded.count)
    #expect(try FileMeta.decode(encoded).dataSetOffset == encoded.count)
  }

  @Test("Private information can be written over where it stands", arguments: [1, 2, 333, 512])
  func patching(count: Int) throws {
    var meta = Self.meta
    meta.privateInformation?.value = [UInt8](repeating: 0, count: count)
    let encoded = meta.encoded()
    let offset = try #require(encoded.privateInformationOffset)
    var bytes = encoded.bytes
    for index in 0..<count { bytes[offset + index] = 0xAB }
    let value = try FileMeta.decode(bytes).meta.privateInformation?.value
    #expect(value?.prefix(count).allSatisfy { $0 == 0xAB } == true)
    #expect(value?.count == count + count % 2)
    meta.privateInformation = nil
    #expect(meta.encoded().privateInformationOffset == nil)
  }

  @Test("A prefix is incomplete until all of group 0002 is there")
  func prefixes() throws {
    let bytes = Self.meta.encoded().bytes
    for end in 0..<bytes.count {
      #expect(throws: FileMetaError.incomplete) { try FileMeta.decode(Array(bytes[..<end]), isWholeFile: false) }
    }
    #expect(try FileMeta.decode(bytes, isWholeFile: false).meta == Self.meta)
    #expect(throws: FileMetaError.incomplete) { try FileMeta.decode(Array(bytes.dropLast())) }
  }

  static let start = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
  static let syntax = Raw.explicit(Tag(2, 0x10), "UI", text: "1.2.840.10008.1.2\0")
  static let dataSet = Raw.implicit(.patientID, text: "P1")

  static let groups: [[UInt8]] = [
    Raw.explicit(Tag(2, 0), "UL", [0, 0, 0, 0]) + syntax, Raw.explicit(Tag(2, 0), "UL", [7, 0, 0, 0]) + syntax,
    Raw.explicit(Tag(2, 0), "UL", [255, 255, 255, 127]) + syntax, Raw.explicit(Tag(2, 0), "UL") + syntax, syntax,
    Raw.implicit(Tag(2, 0x10), text: "1.2.840.10008.1.2\0"),
  ]

  @Test("Group lengths that are wrong, missing or in the middle do no harm", arguments: groups)
  func groupLength(group: [UInt8]) throws {
    let bytes = Self.start + group + Self.dataSet
    let decoded = try FileMeta.decode(bytes)
    #expect(decoded.meta.transferSyntax == .implicitLittleEndian)
    #expect(decoded.dataSetOffset == bytes.count - Self.dataSet.count)
    #expect(decoded.meta.sopInstance == nil)
  }

  @Test("A deflated data set that begins like group 0002 is found by the group length")
  func deflated() throws {
    var meta = Self.meta
    meta.transferSyntax = .deflatedExplicitLittleEndian
    let encoded = meta.encoded().bytes
    #expect(try FileMeta.decode(encoded + [2, 0, 0, 0, 0, 0]).dataSetOffset == encoded.count)
  }

  @Test("A preamble may hold anything")
  func preamble() throws {
    let start = Array("II*\0".utf8) + [UInt8](repeating: 7, count: 124) + Array("DICM".utf8)
    #expect(try FileMeta.decode(start + Self.syntax).meta.transferSyntax == .implicitLittleEndian)
  }

  @Test("What is no file, or no file we can read, says so")
  func errors() {
    #expect(throws: FileMetaError.notADICOMFile) { try FileMeta.decode([]) }
    #expect(throws: FileMetaError.notADICOMFile) { try FileMeta.decode([UInt8](repeating: 1, count: 500)) }
    #expect(throws: FileMetaError.notADICOMFile) { try FileMeta.decode(Self.start + Self.dataSet) }
    #expect(throws: FileMetaError.noTransferSyntax) {
      try FileMeta.decode(Self.start + Raw.explicit(Tag(2, 1), "OB", [0, 1]) + Self.dataSet)
    }
    #expect(throws: FileMetaError.malformed(tag: Tag(2, 1))) {
      try FileMeta.decode(Self.start + Raw.explicit(Tag(2, 1), "OB", length: Raw.undefined))
    }
    #expect(throws: FileMetaError.tooLong(limit: FileMeta.maximumLength)) {
      try FileMeta.decode(Self.start + Raw.explicit(Tag(2, 1), "OB", length: 0xFFFF_FFF0))
    }
    let endless = Array(repeatElement(Raw.explicit(Tag(2, 0x13), "SH", text: "A "), count: 200_000).joined())
    #expect(throws: FileMetaError.tooLong(limit: FileMeta.maximumLength)) { try FileMeta.decode(Self.start + endless) }
  }
}
