import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// The identifiers of queries at IMAGE level, and of their answers.
@Suite struct InstanceQueryTests {
  private static let sop = SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: "1.2.3.4")

  @Test func aListInASeriesAsItGoesOverTheWire() throws {
    let query = InstanceQuery(sopInstanceUIDs: ["1.2.3", "1.2.4"], studyInstanceUID: "1.2", seriesInstanceUID: "1.3")
    let bytes = query.encoded(transferSyntax: TransferSyntax.implicitLittleEndian.uid)
    // As pydicom writes it.
    let expected: [UInt8] =
      [0x08, 0, 0x16, 0, 0, 0, 0, 0] + [0x08, 0, 0x18, 0, 12, 0, 0, 0] + Array("1.2.3\\1.2.4\0".utf8)
      + [0x08, 0, 0x52, 0, 6, 0, 0, 0] + Array("IMAGE ".utf8)
      + [0x20, 0, 0x0D, 0, 4, 0, 0, 0] + Array("1.2\0".utf8) + [0x20, 0, 0x0E, 0, 4, 0, 0, 0] + Array("1.3\0".utf8)
    #expect(bytes == expected)
  }

  @Test(arguments: [TransferSyntax.implicitLittleEndian, .explicitLittleEndian])
  func aRelationalOneHasNoKeysAbove(syntax: TransferSyntax) throws {
    let bytes = InstanceQuery(sopInstanceUIDs: ["1.2.3"]).encoded(transferSyntax: syntax.uid)
    let dataSet = try DataSet(decoding: bytes, as: syntax)
    #expect(dataSet.elements.map(\.tag) == [.sopClassUID, .sopInstanceUID, .queryRetrieveLevel])
    #expect(dataSet.strings(.sopInstanceUID) == ["1.2.3"])
  }

  private static func match(_ elements: [DataElement], _ syntax: TransferSyntax = .implicitLittleEndian) -> Bool {
    let bytes = ByteBuffer(bytes: DataSet(elements).encoded(as: syntax))
    return InstanceMatch(decoding: bytes, transferSyntax: syntax.uid)?.isOf(sop) ?? false
  }

  private static let level = DataElement(.queryRetrieveLevel, .cs, text: "IMAGE")
  private static let uid = DataElement(.sopInstanceUID, uid: sop.instanceUID)

  @Test(arguments: [TransferSyntax.implicitLittleEndian, .explicitLittleEndian])
  func whatIsThere(syntax: TransferSyntax) {
    #expect(Self.match([Self.level, Self.uid], syntax))
    #expect(Self.match([Self.uid], syntax), "the level may be missing")
    #expect(Self.match([Self.level, Self.uid, DataElement(.sopClassUID, uid: Self.sop.classUID)], syntax))
    #expect(Self.match([Self.level, Self.uid, DataElement(.sopClassUID, .ui, text: "")], syntax))
    #expect(Self.match([Self.uid, DataElement(.instanceAvailability, .cs, text: "NEARLINE")], syntax))
  }

  @Test func whatProvesNothing() {
    #expect(!Self.match([Self.level]))
    #expect(!Self.match([Self.level, DataElement(.sopInstanceUID, .ui, text: "")]))
    #expect(!Self.match([Self.level, DataElement(.sopInstanceUID, uid: "1.2.3.40")]))
    #expect(
      !Self.match([Self.level, DataElement(.sopInstanceUID, .ui, text: "1.2.3.4\\1.2.3.5")]), "the question, sent back")
    #expect(!Self.match([DataElement(.queryRetrieveLevel, .cs, text: "STUDY"), Self.uid]))
    #expect(!Self.match([Self.level, Self.uid, DataElement(.sopClassUID, uid: "1.2.840.10008.5.1.4.1.1.4")]))
    #expect(
      !Self.match([Self.uid, DataElement(.sopClassUID, .ui, text: "\(Self.sop.classUID)\\1.2")]), "two classes")
    #expect(!Self.match([Self.uid, DataElement(.instanceAvailability, .cs, text: "UNAVAILABLE")]))
    #expect(InstanceMatch(decoding: ByteBuffer(bytes: [8, 0, 24, 0, 99]), transferSyntax: "1.2.840.10008.1.2") == nil)
  }
}
