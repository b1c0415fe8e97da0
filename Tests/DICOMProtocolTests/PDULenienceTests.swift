import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// What peers get wrong without harm is let through.
struct PDULenienceTests {
  private func decode(_ bytes: [UInt8]) throws -> PDU? {
    var decoder = PDUDecoder(limits: PDULimits())
    var buffer = ByteBuffer(bytes: bytes)
    let pdu = try decoder.next(from: &buffer)
    #expect(buffer.readableBytes == 0)
    return pdu
  }

  private func request(_ bytes: [UInt8]) throws -> AssociateRequest {
    guard case .associateRequest(let request) = try decode(bytes) else { throw NoRequest() }
    return request
  }

  private struct NoRequest: Error {}

  @Test(arguments: 0...16) func releaseAndAbortOfOtherLengths(_ length: Int) throws {
    let body = [UInt8](repeating: 0, count: length)
    #expect(try decode(Raw.pdu(5, body)) == .releaseRequest)
    #expect(try decode(Raw.pdu(6, body)) == .releaseResponse)
    #expect(try decode(Raw.pdu(7, body)) == .abort(.serviceUser))
  }

  @Test func reservedBytesAreNotTested() throws {
    #expect(try decode([5, 0xFF, 0, 0, 0, 4, 1, 2, 3, 4]) == .releaseRequest)
    #expect(try decode([7, 1, 0, 0, 0, 4, 9, 9, 2, 1]) == .abort(.unrecognizedPDU))
  }

  @Test func controlHeaderBitsAboveOneAreIgnored() throws {
    let expected = PDV(contextID: 1, isCommand: false, isLast: true, fragment: ByteBuffer(bytes: [5]))
    #expect(try decode(Raw.pdu(4, Raw.bytes(UInt32(3)) + [1, 0xFE, 5])) == .data([expected]))
  }

  @Test func unknownItemsAreSkipped() throws {
    let items =
      Raw.item(0x99, [1, 2, 3]) + Raw.applicationContext + Raw.item(0x11, [])
      + Raw.item(0x20, [2, 0, 0, 0] + Raw.item(0x77, [1]) + Raw.text(0x30, "1.2") + Raw.text(0x40, "1.3"))
      + Raw.item(0x50, Raw.item(0x77, [9]) + Raw.item(0x56, [0, 9, 0x31, 2, 1]) + Raw.item(0x51, [0, 0, 0, 0]))
    let request = try request(Raw.associate(items: items))
    #expect(request.contexts == [ProposedContext(id: 2, abstractSyntax: "1.2", transferSyntaxes: ["1.3"])])
    #expect(request.userInformation == UserInformation(maximumLength: 0))
  }

  @Test func whatAServiceClassNegotiatesIsKeptAsItCame() throws {
    let items = Raw.applicationContext + Raw.item(0x50, Raw.item(0x56, [0, 3, 0x31, 0x2E, 0x32, 1, 0]))
    #expect(
      try request(Raw.associate(items: items)).userInformation.extendedNegotiations
        == [ExtendedNegotiation(sopClass: "1.2", information: [1, 0])])
  }

  @Test func everythingMayBeMissing() throws {
    let request = try request(Raw.associate(version: 0, items: Raw.item(0x20, [0, 0, 0, 0])))
    #expect(
      request
        == AssociateRequest(
          protocolVersion: 0, calledAE: "ROUTER", callingAE: "MODALITY", applicationContext: nil,
          contexts: [ProposedContext(id: 0, abstractSyntax: nil, transferSyntaxes: [])],
          userInformation: UserInformation()))
    #expect(request.userInformation.effectiveMaximumLength == 16384)
  }

  @Test(arguments: ["1.2.3\0", "1.2.3 ", "1.2.3\0\0 ", "1.2.3"]) func paddingOfUIDsIsStripped(_ text: String) throws {
    let request = try request(
      Raw.associate(items: Raw.item(0x20, [1, 0, 0, 0] + Raw.text(0x30, text) + Raw.text(0x40, text))))
    #expect(request.contexts == [ProposedContext(id: 1, abstractSyntax: "1.2.3", transferSyntaxes: ["1.2.3"])])
  }

  @Test func ofRepeatedItemsTheFirstCounts() throws {
    let items =
      Raw.applicationContext + Raw.text(0x10, "9.9") + Raw.context(1)
      + Raw.item(0x50, Raw.text(0x52, "1.1") + Raw.text(0x52, "2.2") + Raw.item(0x51, [0, 0, 1, 0]))
      + Raw.item(0x50, Raw.text(0x55, "SECOND"))
    let request = try request(Raw.associate(items: items))
    #expect(request.applicationContext == AssociateRequest.dicomApplicationContext)
    #expect(request.userInformation == UserInformation(maximumLength: 256, implementationClassUID: "1.1"))
  }

  @Test func moreThan128TransferSyntaxesAreCut() throws {
    let syntaxes = (0..<200).flatMap { Raw.text(0x40, "1.\($0)") }
    let request = try request(Raw.associate(items: Raw.item(0x20, [1, 0, 0, 0] + syntaxes)))
    #expect(request.contexts[0].transferSyntaxes == (0..<128).map { UID("1.\($0)") })
  }

  @Test func aLongAssociateRequestIsNotLimitedByTheAnnouncedMaximum() throws {
    let contexts = (0..<128).flatMap { index in
      Raw.item(0x20, [UInt8(index * 2 + 1), 0, 0, 0] + (0..<100).flatMap { Raw.text(0x40, "1.2.3.4.5.6.7.8.\($0)") })
    }
    #expect(contexts.count > 250_000)
    #expect(try request(Raw.associate(items: contexts)).contexts.count == 128)
  }

  /// Titles with other bytes stay different from each other.
  @Test func titlesAreComparedByteByByte() throws {
    let titles = try [[0x41, 0xC3, 0x28], [0x41, 0xFF], [0x41, 0xFE], [0x41, 0x00, 0x41]].map { (bytes: [UInt8]) in
      var pdu = Raw.associate(items: [])
      pdu.replaceSubrange(10..<26, with: bytes + [UInt8](repeating: 0x20, count: 16 - bytes.count))
      return try request(pdu).calledAE
    }
    #expect(Set(titles).count == 4)
    #expect(titles.allSatisfy { !$0.isValid })
  }

  @Test func userIdentityMayLackItsSecondaryField() throws {
    let request = try request(Raw.request(userInformation: Raw.item(0x58, [99, 1, 0, 2, 0x41, 0x42])))
    #expect(
      request.userInformation.userIdentity
        == UserIdentity(type: 99, positiveResponseRequested: true, primary: [0x41, 0x42], secondary: []))
  }
}
