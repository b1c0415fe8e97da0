import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// Random PDUs survive the trip; random bytes do no harm.
struct PDURandomTests {
  @Test(arguments: 1...300) func whatIsEncodedIsDecoded(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pdu = random.pdu()
    var bytes = ByteBuffer()
    pdu.encode(into: &bytes)
    var decoder = PDUDecoder(limits: PDULimits())
    #expect(try decoder.next(from: &bytes) == pdu)
    #expect(bytes.readableBytes == 0)
  }

  /// Damaged PDUs: the decoder comes to an end, and takes at least a header for each PDU.
  @Test(arguments: 1...300) func damagedBytesEnd(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = ByteBuffer()
    for _ in 0..<4 { random.pdu().encode(into: &bytes) }
    for _ in 0..<random.int(1...12) {
      bytes.setInteger(random.byte(), at: random.int(0...bytes.readableBytes - 1))
    }
    expectEnd(bytes)
  }

  @Test(arguments: 1...300) func randomBytesEnd(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = ByteBuffer(bytes: Raw.pdu(UInt8(random.int(1...7)), random.bytes(0...400)))
    bytes.writeBytes(random.bytes(0...100))
    expectEnd(bytes)
    expectEnd(ByteBuffer(bytes: random.bytes(0...100)))
    expectEnd(ByteBuffer(bytes: Raw.associate(items: random.bytes(0...600))))
    expectEnd(ByteBuffer(bytes: Raw.request(userInformation: random.bytes(0...600))))
  }

  private func expectEnd(_ bytes: ByteBuffer) {
    var bytes = bytes
    var decoder = PDUDecoder(limits: PDULimits())
    let most = bytes.readableBytes / 6
    var count = 0
    while let pdu = try? decoder.next(from: &bytes) {
      count += 1
      var again = ByteBuffer()
      pdu.encode(into: &again)
    }
    #expect(count <= most)
  }
}

extension SeededGenerator {
  fileprivate mutating func pdu() -> PDU {
    switch int(0...6) {
    case 0: .associateRequest(associateRequest())
    case 1: .associateAccept(associateAccept())
    case 2: .associateReject(AssociateReject(result: byte(), source: byte(), reason: byte()))
    case 3: .data(list(1...5) { $0.value() })
    case 4: .releaseRequest
    case 5: .releaseResponse
    default: .abort(Abort(source: byte(), reason: byte()))
    }
  }

  private mutating func value() -> PDV {
    PDV(contextID: byte(), isCommand: flag(), isLast: flag(), fragment: ByteBuffer(bytes: bytes(0...50)))
  }

  private mutating func associateRequest() -> AssociateRequest {
    let ids = (0...255).map { UInt8($0) }.shuffled(using: &self).prefix(int(0...128))
    return AssociateRequest(
      protocolVersion: number(), calledAE: title(), callingAE: title(),
      applicationContext: optional { $0.uid().rawValue },
      contexts: ids.map { id in
        ProposedContext(id: id, abstractSyntax: optional { $0.uid() }, transferSyntaxes: list(0...5) { $0.uid() })
      }, userInformation: userInformation())
  }

  private mutating func associateAccept() -> AssociateAccept {
    let ids = (0...255).map { UInt8($0) }.shuffled(using: &self).prefix(int(0...128))
    return AssociateAccept(
      protocolVersion: number(), calledAE: title(), callingAE: title(),
      applicationContext: optional { $0.uid().rawValue },
      contexts: ids.map { id in
        ContextResult(id: id, result: .init(rawValue: byte()), transferSyntax: optional { $0.uid() })
      }, userInformation: userInformation())
  }

  private mutating func userInformation() -> UserInformation {
    UserInformation(
      maximumLength: optional { UInt32($0.number()) << 16 | UInt32($0.number()) },
      implementationClassUID: optional { $0.uid() }, implementationVersionName: optional { $0.text(1...16) },
      asynchronousOperations: optional { AsynchronousOperations(invoked: $0.number(), performed: $0.number()) },
      roleSelections: list(0...4) { RoleSelection(abstractSyntax: $0.uid(), scu: $0.flag(), scp: $0.flag()) },
      extendedNegotiations: list(0...4) { ExtendedNegotiation(sopClass: $0.uid(), information: $0.bytes(0...6)) },
      commonExtendedNegotiations: list(0...4) {
        CommonExtendedNegotiation(sopClass: $0.uid(), serviceClass: $0.uid())
      },
      userIdentity: optional {
        UserIdentity(
          type: $0.byte(), positiveResponseRequested: $0.flag(), primary: $0.bytes(0...40), secondary: $0.bytes(0...40))
      })
  }
}
