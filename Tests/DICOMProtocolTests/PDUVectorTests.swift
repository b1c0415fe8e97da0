import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// Exact bytes of PDUs, both ways.
struct PDUVectorTests {
  @Test(arguments: PDUVector.all) func decodes(_ vector: PDUVector) throws {
    var bytes = vector.bytes
    var decoder = PDUDecoder(limits: PDULimits())
    #expect(try decoder.next(from: &bytes) == vector.pdu)
    #expect(bytes.readableBytes == 0)
    #expect(try decoder.next(from: &bytes) == nil)
  }

  @Test(arguments: PDUVector.all) func encodes(_ vector: PDUVector) {
    var bytes = ByteBuffer()
    vector.pdu.encode(into: &bytes)
    #expect(bytes.array == vector.bytes.array)
  }

  @Test func theReportAssociationHas238Bytes() { #expect(PDUVector.reportAssociation.bytes.readableBytes == 238) }

  /// However the bytes are cut in two, the same PDUs come out.
  @Test func everySplitPoint() throws {
    var whole = ByteBuffer()
    for vector in PDUVector.all { whole.writeImmutableBuffer(vector.bytes) }
    for split in 0...whole.readableBytes {
      var decoder = PDUDecoder(limits: PDULimits())
      var received = ByteBuffer()
      var pdus: [PDU] = []
      var rest = whole
      for part in [rest.readSlice(length: split), rest] {
        received.writeImmutableBuffer(try #require(part))
        while let pdu = try decoder.next(from: &received) { pdus.append(pdu) }
      }
      #expect(pdus == PDUVector.all.map(\.pdu), "split at \(split)")
    }
  }

  @Test func byteByByte() throws {
    var decoder = PDUDecoder(limits: PDULimits())
    var received = ByteBuffer()
    var pdus: [PDU] = []
    for vector in PDUVector.all {
      for byte in vector.bytes.array {
        received.writeInteger(byte)
        if let pdu = try decoder.next(from: &received) { pdus.append(pdu) }
      }
    }
    #expect(pdus == PDUVector.all.map(\.pdu))
  }

  @Test func fragmentsAreSlicesOfWhatWasReceived() throws {
    var bytes = ByteBuffer(bytes: Raw.pdu(0x04, Raw.bytes(UInt32(102)) + [1, 2] + [UInt8](repeating: 7, count: 100)))
    let received = bytes
    var decoder = PDUDecoder(limits: PDULimits())
    guard case .data(let values) = try decoder.next(from: &bytes) else {
      Issue.record("no data")
      return
    }
    let fragment = try #require(values.first).fragment
    let offset = received.withUnsafeReadableBytes { whole in
      fragment.withUnsafeReadableBytes { part in
        part.baseAddress.flatMap { part in whole.baseAddress.map { part - $0 } }
      }
    }
    #expect(offset == 12)
  }
}

struct PDUVector: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let bytes: ByteBuffer
  let pdu: PDU

  /// The association that a storage commitment SCP opens to report.
  static let reportAssociation = PDUVector(
    testDescription: "A-ASSOCIATE-RQ for a report",
    bytes: ByteBuffer(
      hex: """
        01 00 00 00 00 e8 00 01 00 00 4d 4f 44 41 4c 49
        54 59 20 20 20 20 20 20 20 20 52 4f 55 54 45 52
        20 20 20 20 20 20 20 20 20 20 00 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 10 00 00 15 31 2e
        32 2e 38 34 30 2e 31 30 30 30 38 2e 33 2e 31 2e
        31 2e 31 20 00 00 48 01 00 00 00 30 00 00 14 31
        2e 32 2e 38 34 30 2e 31 30 30 30 38 2e 31 2e 32
        30 2e 31 40 00 00 13 31 2e 32 2e 38 34 30 2e 31
        30 30 30 38 2e 31 2e 32 2e 31 40 00 00 11 31 2e
        32 2e 38 34 30 2e 31 30 30 30 38 2e 31 2e 32 50
        00 00 3b 51 00 00 04 00 00 40 00 52 00 00 06 32
        2e 32 35 2e 31 54 00 00 18 00 14 31 2e 32 2e 38
        34 30 2e 31 30 30 30 38 2e 31 2e 32 30 2e 31 00
        01 55 00 00 09 45 58 41 4d 50 4c 45 5f 31
        """),
    pdu: .associateRequest(
      AssociateRequest(
        calledAE: "MODALITY", callingAE: "ROUTER",
        contexts: [
          ProposedContext(
            id: 1, abstractSyntax: "1.2.840.10008.1.20.1",
            transferSyntaxes: ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])
        ],
        userInformation: UserInformation(
          maximumLength: 16384, implementationClassUID: "2.25.1", implementationVersionName: "EXAMPLE_1",
          roleSelections: [RoleSelection(abstractSyntax: "1.2.840.10008.1.20.1", scu: false, scp: true)]))))

  static let all = [
    reportAssociation,
    PDUVector(
      testDescription: "A-ASSOCIATE-AC",
      bytes: ByteBuffer(
        bytes: Raw.associate(
          0x02,
          items: Raw.applicationContext + Raw.item(0x21, [1, 0, 0, 0] + Raw.text(0x40, "1.2.840.10008.1.2"))
            + Raw.item(0x21, [3, 0, 3, 0] + Raw.text(0x40, "1.2.840.10008.1.2.1"))
            + Raw.item(0x50, Raw.item(0x51, [0, 2, 0, 0]) + Raw.text(0x52, "2.25.1")))),
      pdu: .associateAccept(
        AssociateAccept(
          calledAE: "ROUTER", callingAE: "MODALITY",
          contexts: [
            ContextResult(id: 1, result: .acceptance, transferSyntax: "1.2.840.10008.1.2"),
            ContextResult(id: 3, result: .abstractSyntaxNotSupported, transferSyntax: "1.2.840.10008.1.2.1"),
          ],
          userInformation: UserInformation(maximumLength: 131_072, implementationClassUID: "2.25.1")))),
    PDUVector(
      testDescription: "A-ASSOCIATE-RJ", bytes: ByteBuffer(hex: "03 00 00 00 00 04 00 02 03 02"),
      pdu: .associateReject(.localLimitExceeded)),
    PDUVector(
      testDescription: "P-DATA-TF with two PDVs",
      bytes: ByteBuffer(hex: "04 00 00 00 00 10 00 00 00 04 01 03 AA BB 00 00 00 04 01 00 CC DD"),
      pdu: .data([
        PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer(bytes: [0xAA, 0xBB])),
        PDV(contextID: 1, isCommand: false, isLast: false, fragment: ByteBuffer(bytes: [0xCC, 0xDD])),
      ])),
    PDUVector(
      testDescription: "P-DATA-TF, last, empty", bytes: ByteBuffer(hex: "04 00 00 00 00 06 00 00 00 02 FF 02"),
      pdu: .data([PDV(contextID: 255, isCommand: false, isLast: true, fragment: ByteBuffer())])),
    PDUVector(
      testDescription: "A-RELEASE-RQ", bytes: ByteBuffer(hex: "05 00 00 00 00 04 00 00 00 00"), pdu: .releaseRequest),
    PDUVector(
      testDescription: "A-RELEASE-RP", bytes: ByteBuffer(hex: "06 00 00 00 00 04 00 00 00 00"), pdu: .releaseResponse),
    PDUVector(
      testDescription: "A-ABORT", bytes: ByteBuffer(hex: "07 00 00 00 00 04 00 00 02 06"),
      pdu: .abort(.invalidParameterValue)),
  ]
}
