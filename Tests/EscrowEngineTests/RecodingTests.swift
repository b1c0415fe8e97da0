import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

@testable import EscrowEngine

/// Destinations that do not take the stored transfer syntax, over real sockets.
@Suite struct RecodingTests {
  static let native: [TransferSyntax] = [
    .implicitLittleEndian, .explicitLittleEndian, .explicitBigEndian, .deflatedExplicitLittleEndian,
  ]
  static let pairs: [(TransferSyntax, TransferSyntax)] = native.flatMap { source in
    DataSetRecoder.targets.map { (source, $0) }
  }

  /// Stores `bytes` as the data set of `sample`, and runs `script` as a destination that takes only `taken`.
  private func deliver(
    _ sample: SampleInstance, bytes: [UInt8]? = nil, taking taken: [TransferSyntax],
    spoil: (RunningEngine) throws -> Void = { _ in },
    _ script: (RunningEngine, ScriptedPeerListener, ScriptedPeer) async throws -> Void
  ) async throws {
    let listener = try await ScriptedPeerListener()
    let peers: [Peer] = [.scanner, .archive(port: listener.port)]
    try await RunningEngine.run(peers: peers, routes: [.everything(proof: .response)]) { engine in
      let scanner = try await engine.associate(toStore: sample).peer
      #expect(try await scanner.store(sample, dataSet: bytes) == .success)
      let connection = try await listener.accept()
      try spoil(engine)
      try await connection.acceptProposal(taking: .only(Set(taken.map(\.uid))))
      try await script(engine, listener, connection)
    }
    try await listener.close()
  }

  private func attempts(of engine: RunningEngine) async throws -> [AttemptRecord] {
    guard let record = try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.first else {
      return []
    }
    return try await engine.ledger.trace(record.instance.sop.instanceUID).attempts
  }

  @Test(arguments: pairs, [SampleInstance.Modality.ct, .sr])
  func theDestinationsSyntaxDecides(
    syntaxes: (source: TransferSyntax, target: TransferSyntax), modality: SampleInstance.Modality
  ) async throws {
    let sample = SampleInstance(modality: modality, seed: 5, pixelBytes: 2_500_000, transferSyntax: syntaxes.source)
    let expected =
      syntaxes.source == syntaxes.target
      ? sample.dataSet : sample.content.encoded(as: syntaxes.target, sequences: .undefined)
    try await deliver(sample, taking: [syntaxes.target]) { engine, _, archive in
      let (command, contextID, bytes) = try await archive.takeMessageOnContext()
      #expect(bytes == expected)
      #expect(command.affectedSOPInstanceUID == sample.sop.instanceUID)
      try await archive.answer(command, .success, on: contextID)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      #expect(try await attempts(of: engine).map(\.transferSyntax) == [syntaxes.target.uid])
    }
  }

  @Test(arguments: native) func whatIsTakenAsItIsStoredIsNotTouched(syntax: TransferSyntax) async throws {
    let sample = SampleInstance(seed: 5, transferSyntax: syntax, sequences: .defined)
    try await deliver(sample, taking: Self.native) { engine, _, archive in
      let (command, contextID, bytes) = try await archive.takeMessageOnContext()
      #expect(bytes == sample.dataSet)
      try await archive.answer(command, .success, on: contextID)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      #expect(try await attempts(of: engine).map(\.transferSyntax) == [syntax.uid])
    }
  }

  /// The second is not covered by the open association, which has a context for it all the same: what was offered to
  /// re-encode the first one to.
  @Test func whatNeedsAnotherAssociationIsReadForThatOne() async throws {
    let first = SampleInstance(seed: 5)
    let others = [
      SampleInstance(seed: 6, pixelBytes: 100_000),
      SampleInstance(seed: 7, pixelBytes: 700_000, transferSyntax: .implicitLittleEndian),
    ]
    try await StoringArchive.run { archive in
      let peer = Peer.archive(port: archive.port) { $0.timeouts.idle = .hours(1) }
      try await RunningEngine.run(peers: [.scanner, peer], routes: [.everything(proof: .response)]) { engine in
        #expect(try await engine.associate().peer.store(first) == .success)
        try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
        let operations = DestinationOperations(context: engine.context)
        try await operations.drain("archive", actor: "test", reason: "so that both are claimed at once")
        for sample in others {
          #expect(try await engine.associate(toStore: sample).peer.store(sample) == .success)
        }
        #expect(try await operations.resume("archive", actor: "test", reason: nil))
        try await engine.eventually("all are delivered") {
          try await engine.ledger.count(DeliveryFilter(states: [.delivered])) == 3
        }
      }
      for sample in others { #expect(archive[sample.sop.instanceUID] == sample.dataSet) }
    }
  }

  @Test func compressedPixelDataIsNeverTouched() async throws {
    let sample = SampleInstance(seed: 5, transferSyntax: .rleLossless)
    try await deliver(sample, taking: Self.native) { engine, _, _ in
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      let delivery = try await engine.delivery()
      #expect(delivery.reason == "transferSyntaxNotAccepted")
      #expect(delivery.lastError == "stored as RLE Lossless; offered RLE Lossless, refused with result 4")
      #expect(try await attempts(of: engine).map(\.transferSyntax) == [nil])
      #expect(try engine.spooledFiles().count == 1)
    }
  }

  /// Both contexts refused: the reason names what was offered.
  @Test func whatTakesNothingUncompressedSaysSo() async throws {
    let sample = SampleInstance(seed: 5, transferSyntax: .explicitBigEndian)
    try await deliver(sample, taking: [.jpegBaseline8Bit]) { engine, _, _ in
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      let words = try await engine.delivery().lastError ?? ""
      #expect(words.contains("stored as Explicit VR Big Endian"))
      #expect(words.contains("Explicit VR Little Endian, Implicit VR Little Endian"))
    }
  }

  /// Whole as it was sent to us, but no data set: it cannot become another, and never leaves whole.
  @Test func whatCannotBeReencodedFailsWithItsReason() async throws {
    let sample = SampleInstance(seed: 5, pixelBytes: 2_500_000)
    let cut = sample.dataSet + Array(sample.dataSet.suffix(100_000).prefix(40)) + [0xE1, 0x7F, 0x10, 0, 0x4F, 0x42]
    try await deliver(sample, bytes: cut, taking: [.implicitLittleEndian]) { engine, listener, archive in
      await #expect(throws: ScriptDeparture.self) { try await archive.takeMessage() }
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      let delivery = try await engine.delivery()
      #expect(delivery.reason == "cannotBeReencoded")
      #expect(delivery.lastError?.hasPrefix("stored as Explicit VR Little Endian, wanted otherwise: ") == true)
      #expect(try await attempts(of: engine).map(\.transferSyntax) == [TransferSyntax.implicitLittleEndian.uid])
      #expect(try await engine.ledger.alarms().map(\.kind) == [.deliveryFailed])
      // The destination is not to blame: what can be sent is.
      let other = SampleInstance(seed: 6)
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(other) == .success)
      let next = try await listener.acceptAssociation()
      #expect(try await next.takeMessage().dataSet == other.dataSet)
    }
  }

  /// Neither a changed pixel nor a changed element header leaves whole, and both are damage, not bad encoding.
  @Test(arguments: [1, 2_500_100])
  func aDamagedFileNeverArrivesWhole(fromTheEnd place: Int) async throws {
    let sample = SampleInstance(seed: 5, pixelBytes: 2_500_000)
    try await deliver(
      sample, taking: [.implicitLittleEndian],
      spoil: { engine in try engine.flipByte(fromTheEnd: place, of: engine.spooledFiles()) },
      { engine, _, archive in
        await #expect(throws: ScriptDeparture.self) { try await archive.takeMessage() }
        try await engine.eventually("failed") { try await engine.delivery().state == .failed }
        #expect(try await engine.delivery().reason == Consignment.damaged)
        #expect(try await engine.ledger.alarms().contains { $0.kind == .instanceDamaged })
      })
  }

  /// A few megabytes that would become more than a hundred times as many.
  @Test func aDeflateBombIsNotInflatedForOthers() async throws {
    let sample = SampleInstance(seed: 5, transferSyntax: .deflatedExplicitLittleEndian)
    let zeros = 300 << 20
    let length = withUnsafeBytes(of: UInt32(zeros).littleEndian) { Array($0) }
    let plain = SampleInstance(seed: 5, pixelBytes: 0).dataSet + [0xFC, 0xFF, 0xFC, 0xFF, 0x4F, 0x42, 0, 0] + length
    let bomb = DeflateBomb(prefix: plain, zeros: zeros).bytes
    #expect(bomb.count < 3 << 20)
    try await deliver(sample, bytes: bomb, taking: [.explicitLittleEndian]) { engine, _, archive in
      try await archive.skipToEnd()
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().reason == "cannotBeReencoded")
      #expect(try await engine.delivery().lastError?.contains("\(256 << 20)") == true)
      #expect(try engine.spooledFiles().count == 1)
    }
  }

  @Test(arguments: [(0, 256 << 20), (1 << 20, 256 << 20), (10 << 20, 1000 << 20), (Int.max / 2, Int.max)])
  func theLimitOfInflation(deflated: Int, limit: Int) {
    #expect(ChangedStream.inflatedLimit(ofDeflated: deflated) == limit)
  }
}
