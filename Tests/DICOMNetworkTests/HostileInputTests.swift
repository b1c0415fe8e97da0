import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOCore
import Testing

/// What a peer can do wrong, and the answer on the wire. Nothing of it concerns other associations.
@Suite struct HostileInputTests {
  private static let limits: ListenerLimits = {
    var limits = ListenerLimits()
    limits.timeouts.linger = .milliseconds(5)
    return limits
  }()

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let answer: [PDU]

    init(_ description: String, _ bytes: [UInt8], _ answer: PDU...) {
      testDescription = description
      self.bytes = bytes
      self.answer = answer
    }

    init(_ description: String, _ pdus: [PDU], _ answer: PDU...) {
      var buffer = ByteBuffer()
      for pdu in pdus { pdu.encode(into: &buffer) }
      testDescription = description
      bytes = Array(buffer.readableBytesView)
      self.answer = answer
    }
  }

  static let strangers: [Case] = [
    Case("a web browser", Array("GET / HTTP/1.1\r\n\r\n".utf8)),
    Case("a TLS client", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3]),
    Case("PDU type 0", [0, 0, 0, 0, 0, 4, 0, 0, 0, 0]),
    Case("PDU type 8", [8, 0, 0, 0, 0, 4, 0, 0, 0, 0]),
    Case("P-DATA-TF first", [.data([.command(.probeEcho)])], .abort(.unexpectedPDU)),
    Case("A-RELEASE-RQ first", [.releaseRequest], .abort(.unexpectedPDU)),
    Case("A-ASSOCIATE-RJ first", [.associateReject(.noReason)], .abort(.unexpectedPDU)),
    Case("A-ABORT first", [.abort(.serviceUser)]),
    Case("A-ASSOCIATE-RQ of 4 GiB", [1, 0, 0xFF, 0xFF, 0xFF, 0xFF], .abort(.invalidParameterValue)),
    Case("A-ASSOCIATE-RQ of 2 MiB", [1, 0, 0, 0x20, 0, 0], .abort(.invalidParameterValue)),
    Case("A-ASSOCIATE-RQ of 10 bytes", [1, 0, 0, 0, 0, 10], .abort(.invalidParameterValue)),
    Case(
      "no application context", [.request { $0.applicationContext = nil }],
      .associateReject(.applicationContextNotSupported)),
    Case("no presentation context", [.request { $0.contexts = [] }], .associateReject(.malformed)),
    Case(
      "protocol version 2 only", [.request { $0.protocolVersion = 2 }], .associateReject(.protocolVersionNotSupported)),
    Case("maximum length 1", [.request { $0.userInformation.maximumLength = 1 }], .associateReject(.malformed)),
    Case(
      "a context identifier twice", [.request { $0.contexts.append($0.contexts[0]) }], .abort(.invalidParameterValue)),
  ]

  @Test(arguments: strangers)
  func beforeAssociation(_ example: Case) async throws {
    try await withListener(limits: Self.limits) { _, port in
      let peer = try await ScriptedPeer.connect(to: port)
      try await peer.send(bytes: example.bytes)
      for pdu in example.answer { #expect(try await peer.next() == pdu) }
      if case .associateReject? = example.answer.last { return try await peer.close() }
      #expect(try await peer.next() == nil)
    }
  }

  static let violations: [Case] = [
    Case("unknown PDU type", [9, 0, 0, 0, 0, 4, 0, 0, 0, 0], .abort(.unrecognizedPDU)),
    Case("second A-ASSOCIATE-RQ", [.request { _ in }], .abort(.unexpectedPDU)),
    Case("A-RELEASE-RP unasked", [.releaseResponse], .abort(.unexpectedPDU)),
    Case("P-DATA-TF longer than announced", [4, 0, 0, 2, 0, 1], .abort(.invalidParameterValue)),
    Case("P-DATA-TF of 5 bytes", [4, 0, 0, 0, 0, 5, 0, 0, 0, 1, 1], .abort(.invalidParameterValue)),
    Case("PDV of 1 byte", [4, 0, 0, 0, 0, 6, 0, 0, 0, 1, 1, 3], .abort(.invalidParameterValue)),
    Case("PDV of 4 GiB", [4, 0, 0, 0, 0, 6, 0xFF, 0xFF, 0xFF, 0xFF, 1, 3], .abort(.invalidParameterValue)),
    Case("context that was not proposed", [.data([.command(.probeEcho, on: 9)])], .abort(.unexpectedParameter)),
    Case("context that was refused", [.data([.command(.probeEcho, on: 5)])], .abort(.unexpectedParameter)),
    Case("data set without a command", [.data([.data([1, 2], isLast: true)])], .abort(.unexpectedParameter)),
    Case(
      "context changes inside a message",
      [.data([.command(.probeStore, on: 3)]), .data([.data([1, 2], isLast: true, on: 1)])],
      .abort(.unexpectedParameter)),
    Case(
      "command inside a data set",
      [.data([.command(.probeStore, on: 3)]), .data([.command(.probeEcho, on: 3)])], .abort(.unexpectedParameter)),
    Case(
      "endless empty fragments",
      [.data([.command(.probeStore, on: 3)])]
        + [PDU](repeating: .data([.data([], isLast: false, on: 3)]), count: 1002),
      .abort(.invalidParameterValue)),
    Case(
      "element past its command set",
      [
        .data([PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer(bytes: [0, 0, 0, 1, 9, 0, 0, 0]))])
      ],
      .abort(.invalidParameterValue)),
    Case(
      "command set that never ends",
      [PDU](
        repeating: .data([
          PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer(repeating: 0, count: 10_000))
        ]), count: 8), .abort(.invalidParameterValue)),
    Case(
      "no Command Field",
      [.data([PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer())])],
      .abort(.invalidParameterValue)),
    Case(
      "response that nobody asked for",
      [.data([.command(.response(to: .probeEcho, status: .success))])], .abort(.unexpectedPDU)),
    Case(
      "A-RELEASE-RQ inside a message", [.data([.command(.probeStore, on: 3)]), .releaseRequest],
      .abort(.unexpectedPDU)),
    Case("A-ABORT", [.abort(.serviceUser)]),
  ]

  @Test(arguments: violations)
  func inAssociation(_ example: Case) async throws {
    let ended = Events<Bool>()
    let service = ProbeService(verdict: { _ in .accept(.withoutCommitment) }, ended: { ended.add($0 != nil) })
    try await withListener(service, limits: Self.limits) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(bytes: example.bytes)
      #expect(try await peer.rest() == example.answer)
      #expect(try await ended.next(), "the service must see that it did not end in order")
    }
  }

  @Test func dataSetAfterCommandWithoutOne() async throws {
    try await withListener(limits: Self.limits) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(.data([.command(.probeEcho), .data([1, 2], isLast: true)]))
      #expect(try await peer.rest().last == .abort(.unexpectedParameter))
    }
  }

  @Test func oddFragmentsAreTaken() async throws {
    let receiver = PatternReceiver()
    try await withListener(ProbeService(handling: { _, _ in .stream(receiver) })) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(.data([.command(.probeStore, on: 3)]))
      let bytes = PatternSource.bytes(12)
      try await peer.send(fragment: Array(bytes[..<5]), isLast: false, on: 3)
      try await peer.send(fragment: Array(bytes[5...]), isLast: true, on: 3)
      #expect(try await peer.nextCommand().statusCode == .success)
      #expect(receiver.count == 12 && receiver.isRight)
    }
  }

  @Test func byteByByte() async throws {
    // However slow the machine is: this is about boundaries, not about time.
    var limits = ListenerLimits()
    limits.timeouts.artim = .seconds(3600)
    limits.timeouts.message = .seconds(3600)
    try await withListener(limits: limits) { _, port in
      let peer = try await ScriptedPeer.connect(to: port)
      var bytes = ByteBuffer()
      PDU.associateRequest(Proposal.probe.request).encode(into: &bytes)
      PDU.data([.command(.probeEcho)]).encode(into: &bytes)
      let split = bytes.readableBytes - 80
      for byte in bytes.readableBytesView.prefix(split) { try await peer.send(bytes: [byte]) }
      guard case .associateAccept? = try await peer.next() else { throw ScriptDeparture(expected: "AC") }
      for byte in bytes.readableBytesView.dropFirst(split) { try await peer.send(bytes: [byte]) }
      #expect(try await peer.nextCommand().field == .cEchoResponse)
    }
  }

  @Test func evenContextIdentifierIsAcceptedAndZeroRefused() async throws {
    var request = Proposal.probe.request
    request.contexts[0].id = 2
    request.contexts[1].id = 0
    try await withListener { _, port in
      let peer = try await ScriptedPeer.connect(to: port)
      try await peer.send(.associateRequest(request))
      guard case .associateAccept(let accept)? = try await peer.next() else { throw ScriptDeparture(expected: "AC") }
      #expect(accept.contexts.first { $0.id == 2 }?.result == .acceptance)
      #expect(accept.contexts.first { $0.id == 0 }?.result == .noReason)
      try await peer.send(.probeEcho, on: 2)
      #expect(try await peer.nextCommand().statusCode == .success)
    }
  }
}

extension AcceptorPolicy {
  /// As ``everything``, but refuses Storage Commitment.
  fileprivate static let withoutCommitment = AcceptorPolicy(implementationClassUID: "2.25.1") { syntax, _ in
    syntax == StorageCommitment.sopClassUID ? .refused(.abstractSyntaxNotSupported) : .accepted(ServiceTerms())
  }
}

extension PDU {
  fileprivate static func request(_ change: (inout AssociateRequest) -> Void) -> PDU {
    var request = Proposal.probe.request
    change(&request)
    return .associateRequest(request)
  }
}

extension PDV {
  static func command(_ command: CommandSet, on contextID: UInt8 = 1) -> PDV {
    PDV(contextID: contextID, isCommand: true, isLast: true, fragment: command.encoded())
  }

  static func data(_ bytes: [UInt8], isLast: Bool, on contextID: UInt8 = 1) -> PDV {
    PDV(contextID: contextID, isCommand: false, isLast: isLast, fragment: ByteBuffer(bytes: bytes))
  }
}
