import DICOMProtocol
import NIOCore
import Testing

@testable import DICOMNetwork

@Suite struct WaitsTests {
  @Test func theEarliestIsTakenFirstAndOnlyOnce() {
    var waits = Waits()
    let start = NIODeadline.now()
    waits[.idle] = start + .seconds(3)
    waits[.write] = start + .seconds(1)
    #expect(waits.earliest == start + .seconds(1))
    #expect(waits.takeExpired(at: start) == nil)
    #expect(waits.takeExpired(at: start + .seconds(2)) == .write)
    #expect(waits.takeExpired(at: start + .seconds(2)) == nil)
    waits.stop(.idle)
    #expect(waits.earliest == .distantFuture && !waits.isRunning(.idle))
  }
}

@Suite struct AssociationSlotsTests {
  @Test func slotsByTotalAndAddress() {
    var limits = ListenerLimits()
    limits.associations = 3
    limits.reserved = 1
    limits.associationsPerAddress = 2
    let slots = AssociationSlots(limits: limits)
    #expect(slots.enter("a") == .free)
    #expect(slots.enter("a") == .free)
    #expect(slots.enter("a") == .none)
    #expect(slots.enter("b") == .reserved)
    #expect(slots.enter("c") == .full)
    #expect(slots.enter("d") == .none)
    slots.leave("a")
    #expect(slots.enter("d") == .full, "one is free, but three are open")
    #expect(slots.open == 4)
  }
}

@Suite struct FragmentLayoutTests {
  @Test(arguments: [0, 1, 2, 3, 10, 11, 1 << 20, (1 << 20) + 1, 5_000_001], [2, 122, 16_376, 131_066, 1_048_570])
  func everyByteIsInOneFragment(length: Int, fragmentSize: Int) throws {
    guard length < 1000 || fragmentSize > 2 else { return }
    var layout = FragmentLayout(contextID: 7, fragmentSize: fragmentSize, length: length)
    let content = OutgoingContent(.bytes(ByteBuffer(bytes: PatternSource.bytes(length))))
    var bytes = ByteBuffer()
    while let run = layout.next() {
      let before = bytes.readableBytes
      #expect(try run.write(to: &bytes, from: content) == run.isLast)
      #expect(bytes.readableBytes - before == run.size && run.size <= FragmentLayout.writeSize)
    }
    try check(&bytes, fragmentSize: fragmentSize, length: length)
  }

  @Test(arguments: [4096, 5001, 1 << 20]) func aWriteIsAsLongAsIsAskedForAndItsFragmentsAreEven(writeSize: Int) {
    for fragmentSize in [2, 4084, 16_376, 1_048_570] {
      var layout = FragmentLayout(contextID: 7, fragmentSize: fragmentSize, length: 3_000_001, writeSize: writeSize)
      while let run = layout.next(), !run.isLast {
        #expect(run.size <= writeSize && run.size > writeSize / 2)
        #expect(run.fragmentSize.isMultiple(of: 2) && run.payload.isMultiple(of: run.fragmentSize))
      }
    }
  }

  @Test(
    arguments: [0, 1, 2, 3, 10, 11, 917_462, 1_031_688, 1_048_564, 1 << 20, (1 << 20) + 1, 5_000_001],
    [2, 122, 16_376, 131_066, 1_048_570])
  func theEndOfAStreamIsFoundOnTheWay(length: Int, fragmentSize: Int) throws {
    guard length < 1000 || fragmentSize > 2 else { return }
    var layout = FragmentLayout(contextID: 7, fragmentSize: fragmentSize, length: nil)
    let content = OutgoingContent(.stream(PatternStream(length: length)))
    var bytes = ByteBuffer()
    while let run = layout.next() {
      if try run.write(to: &bytes, from: content) { layout.finish() }
    }
    try check(&bytes, fragmentSize: fragmentSize, length: length)
  }

  private func check(_ bytes: inout ByteBuffer, fragmentSize: Int, length: Int) throws {
    var decoder = PDUDecoder(limits: PDULimits(maximumLength: UInt32(fragmentSize + 6)))
    var received: [UInt8] = []
    var ends = 0
    while case .data(let values)? = try decoder.next(from: &bytes) {
      for value in values {
        #expect(value.contextID == 7 && !value.isCommand)
        received += value.fragment.readableBytesView
        ends += value.isLast ? 1 : 0
      }
    }
    #expect(bytes.readableBytes == 0)
    #expect(ends == 1 && received == PatternSource.bytes(length))
  }
}

@Suite struct PDUStreamTests {
  @Test(arguments: [1, 5, 6, 7, 100, 1000, 100_000])
  func anyCutGivesTheSamePDUs(piece: Int) throws {
    let pdus: [PDU] = [
      .associateRequest(Proposal.probe.request), .data([.data([], isLast: false), .data([1, 2, 3], isLast: true)]),
      .data([.data(PatternSource.bytes(5000), isLast: true)]), .releaseRequest, .abort(.serviceUser),
    ]
    var bytes = ByteBuffer()
    for pdu in pdus { pdu.encode(into: &bytes) }
    var stream = PDUStream(maximumLength: 131_072)
    var decoded: [PDU] = []
    while bytes.readableBytes > 0 {
      guard let slice = bytes.readSlice(length: min(piece, bytes.readableBytes)) else { break }
      stream.append(slice)
      while let pdu = try stream.next() { decoded.append(pdu) }
    }
    #expect(decoded == pdus)
    #expect(!stream.hasUnread)
  }
}

@Suite struct RemoteEndpointTests {
  @Test(arguments: [
    ("10.0.0.7", "10.0.0.7:104"), ("::1", "[::1]:104"), ("::ffff:10.0.0.7", "10.0.0.7:104"),
    ("2001:db8::7", "[2001:db8::7]:104"),
  ])
  func addressesAreNumericAndPlain(address: String, description: String) throws {
    #expect(RemoteEndpoint(try SocketAddress(ipAddress: address, port: 104)).description == description)
  }

  @Test func unknownIsEmpty() {
    #expect(RemoteEndpoint(nil) == RemoteEndpoint(address: "", port: 0))
  }
}
