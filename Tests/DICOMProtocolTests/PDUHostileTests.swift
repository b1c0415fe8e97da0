import DICOMProtocol
import NIOCore
import Testing

/// Broken and hostile PDUs, each with the A-ABORT that answers it.
struct PDUHostileTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    let abort: Abort

    init(_ name: String, _ bytes: [UInt8], _ abort: Abort = .invalidParameterValue) {
      testDescription = name
      self.bytes = bytes
      self.abort = abort
    }
  }

  @Test(arguments: headers + associations + data) func isAborted(_ hostile: Case) throws {
    var decoder = PDUDecoder(limits: PDULimits())
    var bytes = ByteBuffer(bytes: hostile.bytes)
    let error = try #require(throws: PDUError.self) { try decoder.next(from: &bytes) }
    #expect(error.abort == hostile.abort)
    #expect(!error.text.isEmpty)
    var valid = PDUVector.reportAssociation.bytes
    #expect(throws: error) { try decoder.next(from: &valid) }
  }

  /// Judged by their first bytes, without waiting for a body.
  static let headers = [
    Case("unknown type 00", [0x00], .unrecognizedPDU),
    Case("unknown type 08", [0x08], .unrecognizedPDU),
    Case("unknown type FF", [0xFF, 0, 0, 0, 0, 4, 0, 0, 0, 0], .unrecognizedPDU),
    Case("an HTTP request", Array("GET / HTTP/1.1\r\n".utf8), .unrecognizedPDU),
    Case("a TLS hello", [0x16, 0x03, 0x01, 0x02, 0x00], .unrecognizedPDU),
    Case("A-ASSOCIATE-RQ of length FFFFFFFF", [1, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
    Case("A-ASSOCIATE-RQ above 1 MiB", [1, 0] + Raw.bytes(UInt32(1_048_577))),
    Case("A-ASSOCIATE-AC above 1 MiB", [2, 0] + Raw.bytes(UInt32(1_048_577))),
    Case("A-ASSOCIATE-RQ of length 67", [1, 0, 0, 0, 0, 67]),
    Case("A-ASSOCIATE-AC of length 0", [2, 0, 0, 0, 0, 0]),
    Case("A-ASSOCIATE-RJ of length 3", [3, 0, 0, 0, 0, 3]),
    Case("A-ASSOCIATE-RJ of length 17", [3, 0, 0, 0, 0, 17]),
    Case("A-RELEASE-RQ of length 17", [5, 0, 0, 0, 0, 17]),
    Case("A-RELEASE-RP of length FFFFFFFF", [6, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
    Case("A-ABORT of length 17", [7, 0, 0, 0, 0, 17]),
    Case("P-DATA-TF above the announced maximum", [4, 0] + Raw.bytes(UInt32(131_073))),
    Case("P-DATA-TF of length FFFFFFFF", [4, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
    Case("P-DATA-TF of length 0", [4, 0, 0, 0, 0, 0]),
    Case("P-DATA-TF of length 5", [4, 0, 0, 0, 0, 5]),
  ]

  static let associations = [
    Case("129 contexts", Raw.associate(items: (0..<129).flatMap { Raw.context(UInt8($0 * 2 % 256)) })),
    Case("a context identifier twice", Raw.associate(items: Raw.context(1) + Raw.context(1))),
    Case("an answer twice", Raw.associate(0x02, items: Raw.item(0x21, [1, 0, 0, 0]) + Raw.item(0x21, [1, 0, 0, 0]))),
    Case("item past the PDU", Raw.associate(items: [0x10, 0, 0xFF, 0xFF, 0x31])),
    Case("item header cut off", Raw.associate(items: [0x10, 0, 0])),
    Case("sub-item past its context", Raw.associate(items: Raw.item(0x20, [1, 0, 0, 0, 0x30, 0, 0, 99, 0x31]))),
    Case("context without identifier", Raw.associate(items: Raw.item(0x20, [1, 0, 0]))),
    Case("sub-item past the user information", Raw.request(userInformation: [0x51, 0, 0, 5, 0, 0, 0, 0])),
    Case("never-ending empty items", Raw.associate(items: (0..<513).flatMap { _ in Raw.item(0x99, []) })),
    Case(
      "never-ending empty sub-items", Raw.request(userInformation: (0..<513).flatMap { _ in Raw.item(0x99, []) })),
    Case(
      "never-ending empty context sub-items",
      Raw.associate(items: Raw.item(0x20, [1, 0, 0, 0] + (0..<513).flatMap { _ in Raw.item(0x40, []) }))),
    Case("51H too short", Raw.request(userInformation: Raw.item(0x51, [0, 0, 64]))),
    Case("53H too short", Raw.request(userInformation: Raw.item(0x53, [0, 1, 0]))),
    Case("54H with a UID past the item", Raw.request(userInformation: Raw.item(0x54, [0xFF, 0xFF, 0x31, 0, 1]))),
    Case("54H without roles", Raw.request(userInformation: Raw.item(0x54, [0, 1, 0x31, 0]))),
    Case(
      "257 of 54H", Raw.request(userInformation: (0..<257).flatMap { _ in Raw.item(0x54, [0, 1, 0x31, 0, 1]) })),
    Case("257 of 56H", Raw.request(userInformation: (0..<257).flatMap { _ in Raw.item(0x56, [0, 1, 0x31]) })),
    Case("57H with a UID past the item", Raw.request(userInformation: Raw.item(0x57, [0, 1, 0x31, 0, 9, 0x31]))),
    Case("58H with a field past the item", Raw.request(userInformation: Raw.item(0x58, [1, 0, 0xFF, 0xFF, 0x31]))),
    Case("58H with half a secondary field", Raw.request(userInformation: Raw.item(0x58, [2, 0, 0, 1, 0x31, 0]))),
  ]

  static let data = [
    Case("PDV of length 0", Raw.pdu(4, Raw.bytes(UInt32(0)) + [1, 3])),
    Case("PDV of length 1", Raw.pdu(4, Raw.bytes(UInt32(1)) + [1, 3])),
    Case("PDV past the PDU", Raw.pdu(4, Raw.bytes(UInt32(3)) + [1, 3])),
    Case("PDV of length FFFFFFFF", Raw.pdu(4, Raw.bytes(UInt32.max) + [1, 3])),
    Case("PDV of length 7FFFFFFF", Raw.pdu(4, Raw.bytes(UInt32(0x7FFF_FFFF)) + [1, 3])),
    Case("second PDV cut off", Raw.pdu(4, Raw.bytes(UInt32(2)) + [1, 3, 0, 0])),
    Case("second PDV past the PDU", Raw.pdu(4, Raw.bytes(UInt32(2)) + [1, 3] + Raw.bytes(UInt32(3)) + [1, 0])),
  ]

  @Test func theAnnouncedMaximumIsTheLimit() throws {
    var decoder = PDUDecoder(limits: PDULimits(maximumLength: 100))
    #expect(decoder.maximumLength == 100)
    var bytes = ByteBuffer(bytes: Raw.pdu(4, Raw.bytes(UInt32(96)) + [UInt8](repeating: 0, count: 96)))
    #expect(try decoder.next(from: &bytes) != nil)
    decoder.maximumLength = 99
    bytes.writeBytes(Raw.pdu(4, Raw.bytes(UInt32(96)) + [UInt8](repeating: 0, count: 96)))
    #expect(throws: PDUError.self) { try decoder.next(from: &bytes) }
  }
}
