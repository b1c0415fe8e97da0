import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// What a destination's answers do to a delivery, over real sockets with a destination that does what the test says.
@Suite struct SendingTests {
  private static let sample = SampleInstance(seed: 9, pixelBytes: 600_000)
  /// More than the sockets' buffers hold.
  private static let large = SampleInstance(seed: 9, pixelBytes: 30_000_000)

  /// Sends the sample to the engine, and runs `script` as the destination.
  private func deliver(
    _ sample: SampleInstance = sample, proof: Proof = .response, adapt: (inout Peer) -> Void = { _ in },
    _ script: (RunningEngine, ScriptedPeerListener) async throws -> Void
  ) async throws {
    let listener = try await ScriptedPeerListener()
    let peers: [Peer] = [.scanner, .archive(port: listener.port, adapt: adapt)]
    try await RunningEngine.run(peers: peers, routes: [.everything(proof: proof)]) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(sample) == .success)
      try await script(engine, listener)
    }
    try await listener.close()
  }

  @Test func successIsDelivered() async throws {
    try await deliver { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, bytes) = try await archive.takeMessage()
      #expect(bytes == Self.sample.dataSet)
      try await archive.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
  }

  @Test(arguments: [
    (0xB000, Proof.response, DeliveryState.delivered), (0xB007, .response, .delivered), (0xB006, .response, .delivered),
    (0x0111, .response, .failed), (0x0111, .commitment, .requested), (0xA900, .response, .failed),
    (0x0117, .response, .failed), (0xB006, .commitment, .requested),
  ])
  func theStatusDecides(status: Int, proof: Proof, state: DeliveryState) async throws {
    try await deliver(proof: proof) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, Status(rawValue: UInt16(status)))
      let expected: Set<DeliveryState> = state == .requested ? [.sent, .requested] : [state]
      try await engine.eventually("\(state)") { try await expected.contains(engine.delivery().state) }
      #expect(try await engine.delivery().discardedElements == (status == 0xB006))
    }
  }

  @Test func whatADestinationTakesNothingOfWaitsForAnOperatorAndIsNotOfferedAgain() async throws {
    try await deliver(adapt: { $0.timeouts.idle = .minutes(5) }) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, .sopClassNotSupported)
      try await engine.eventually("held") { try await engine.delivery().hold?.by == Hold.system }
      #expect(try await engine.delivery().state == .queued)
      #expect(try await engine.delivery().lastError?.contains("0122") == true)
      #expect(try await engine.ledger.alarms().map(\.kind) == [.deliveryHeld])
      // Another one of the class is held without being offered.
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance(seed: 10)) == .success)
      try await engine.eventually("both held") {
        try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items.allSatisfy {
          $0.delivery.hold?.by == Hold.system && $0.delivery.state == .queued
        }
      }
      let released = try await OperatorChanges(context: engine.context).change(
        DeliveryFilter(), .release, by: BulkOrder(actor: "admin"))
      #expect(released.changed == 2)
      #expect(try await engine.ledger.alarms() == [])
      for _ in 0..<2 {
        let (command, _) = try await archive.takeMessage()
        try await archive.answer(command, .success)
      }
      try await engine.eventually("delivered") {
        try await engine.ledger.count(DeliveryFilter(states: [.delivered])) == 2
      }
    }
  }

  @Test func withoutHoldOnEachFails() async throws {
    try await deliver(adapt: { $0.holdOn = [] }) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, .sopClassNotSupported)
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().reason == "sopClassNotSupported")
    }
  }

  @Test(arguments: [0xC000, 0xA700, 0x0124]) func whatIsTooOldFailsInsteadOfBeingTriedAgain(status: Int) async throws {
    try await deliver(adapt: { $0.retry.maxAge = .zero }) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, Status(rawValue: UInt16(status)))
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().reason == "tooOld")
      #expect(try await engine.delivery().lastError?.isEmpty == false)
    }
  }

  @Test func whatIsOnlyHandedBackIsNotTooOld() async throws {
    let clock = MovableClock()
    let listener = try await ScriptedPeerListener()
    let peer = Peer.archive(port: listener.port) { $0.retry.maxAge = .minutes(2) }
    try await RunningEngine.run(
      peers: [.scanner, peer], routes: [.everything(proof: .response)], clock: clock.clock
    ) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance(seed: 1)) == .success)
      let first = try await listener.acceptAssociation()
      let (refused, _) = try await first.takeMessage()
      for seed in 2...3 { #expect(try await scanner.store(SampleInstance(seed: UInt64(seed))) == .success) }
      try await first.answer(refused, .outOfResources)
      // It is there again, and it is known why it was not: of a batch, the first is offered.
      let second = try await listener.acceptAssociation(skippingEchoes: true)
      let (doubtful, _) = try await second.takeMessage()
      try await engine.eventually("the third is in the batch") {
        try await engine.ledger.count(DeliveryFilter(states: [.sending])) >= 2
      }
      try await DestinationOperations(context: engine.context).drain("archive", actor: "admin", reason: "works")
      clock.pass(.minutes(3))
      try await second.answer(doubtful, Status(rawValue: 0xC000))
      try await engine.eventually("nothing is being sent") {
        try await engine.ledger.count(DeliveryFilter(states: [.sending])) == 0
      }
      let failed = try await engine.ledger.deliveries(DeliveryFilter(states: [.failed]), page: PageRequest()).items
      #expect(failed.map(\.sop.instanceUID) == [doubtful.affectedSOPInstanceUID])
      #expect(failed.map(\.delivery.reason) == ["tooOld"])
    }
    try await listener.close()
  }

  @Test func aRetryByHandDoesNotWaitForADestinationThatForbade() async throws {
    try await deliver(adapt: { $0.timeouts.idle = .zero }) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, .notAuthorized)
      try await engine.eventually("down") { engine.context.destinations["archive"]?.health.current.downSince != nil }
      try await engine.eventually("queued") { try await engine.delivery().state == .queued }
      // By itself it would be tried in a quarter of an hour.
      let result = try await OperatorChanges(context: engine.context).change(
        DeliveryFilter(), .retry, by: BulkOrder(actor: "admin"))
      #expect(result.matched == 1)
      let again = try await listener.acceptAssociation(skippingEchoes: true)
      let (second, _) = try await again.takeMessage()
      try await again.answer(second, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
  }

  @Test func theNumberOfTriesIsConfigured() async throws {
    try await deliver(adapt: {
      $0.retry.attempts = ["processingFailure": 1]
      $0.timeouts.idle = .minutes(5)
    }) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (first, _) = try await archive.takeMessage()
      try await archive.answer(first, Status(rawValue: 0x0110))
      let (second, _) = try await archive.takeMessage()
      try await archive.answer(second, Status(rawValue: 0x0110))
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().attempts == 2)
    }
  }

  @Test func aDuplicateIsStoredWhereThePeerIsDeclaredSo() async throws {
    try await deliver(adapt: { $0.duplicateIsStored = true }) { engine, listener in
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, .duplicateSOPInstance)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
  }

  @Test func aSuccessBeforeTheWholeInstanceIsNone() async throws {
    try await deliver(Self.large) { engine, listener in
      let liar = try await listener.acceptAssociation()
      let command = try await liar.takeCommand()
      try await liar.stopReading()
      try await liar.answer(command, .success)
      try await liar.resumeReading()
      try await liar.skipToEnd()
      let honest = try await listener.acceptAssociation(skippingEchoes: true)
      let (again, bytes) = try await honest.takeMessage()
      #expect(bytes == Self.large.dataSet)
      try await honest.answer(again, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      #expect(try await engine.delivery().attempts == 2)
    }
  }

  @Test func aSuccessForAnotherInstanceIsNone() async throws {
    try await deliver { engine, listener in
      let liar = try await listener.acceptAssociation()
      var command = try await liar.takeMessage().command
      command.affectedSOPInstanceUID = "1.2.3.4"
      try await liar.answer(command, .success)
      let honest = try await listener.acceptAssociation(skippingEchoes: true)
      try await honest.answer(honest.takeMessage().command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().attempts == 2 }
    }
  }

  @Test func aStatusThatNobodyKnowsIsTriedOnceMore() async throws {
    try await deliver { engine, listener in
      let archive = try await listener.acceptAssociation()
      for _ in 1...2 {
        try await archive.answer(archive.takeMessage().command, Status(rawValue: 0x4711))
      }
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().attempts == 2)
    }
  }

  @Test func aPeerThatEndedAnIdleAssociationIsNotBlamed() async throws {
    try await deliver(adapt: { $0.timeouts.idle = .seconds(60) }) { engine, listener in
      let first = try await listener.acceptAssociation()
      try await first.answer(first.takeMessage().command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      try await first.send(.releaseRequest)
      #expect(try await first.next() == .releaseResponse)
      let other = SampleInstance(seed: 10)
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(other) == .success)
      let second = try await listener.acceptAssociation()
      try await second.answer(second.takeMessage().command, .success)
      try await engine.eventually("both delivered") {
        try await engine.ledger.count(DeliveryFilter(states: [.delivered])) == 2
      }
      let records = try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items
      #expect(records.map(\.delivery.attempts) == [1, 1])
      #expect(try await !engine.ledger.events(after: 0, limit: 50).contains { $0.event.kind == .destinationDown })
    }
  }

  @Test func aPeerThatServesOneAssociationAtATimeIsNotBlamedAndGetsAllOnThatOne() async throws {
    try await deliver(adapt: { $0.associations = 4 }) { engine, listener in
      let first = try await listener.acceptAssociation()
      let command = try await first.takeMessage().command
      let other = SampleInstance(seed: 10)
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(other) == .success)
      // It connects, and waits in vain.
      let second = try await listener.accept()
      try await second.skipToEnd()
      // Until its sender has given up, the association that is open would make room for it.
      try await engine.eventually("what it would have sent is given back") {
        try await engine.ledger.count(DeliveryFilter(states: [.queued])) == 1
      }
      try await first.answer(command, .success)
      try await first.answer(first.takeMessage().command, .success)
      try await engine.eventually("both delivered") {
        try await engine.ledger.count(DeliveryFilter(states: [.delivered])) == 2
      }
      #expect(try await !engine.ledger.events(after: 0, limit: 50).contains { $0.event.kind == .destinationDown })
    }
  }

  @Test func aDamagedFileNeverArrivesWhole() async throws {
    let listener = try await ScriptedPeerListener()
    let peers: [Peer] = [.scanner, .archive(port: listener.port)]
    try await RunningEngine.run(peers: peers, routes: [.everything(proof: .response)]) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(Self.sample) == .success)
      let archive = try await listener.accept()
      try engine.flipLastByte(of: engine.spooledFiles())
      try await archive.acceptProposal()
      await #expect(throws: ScriptDeparture.self) { try await archive.takeMessage() }
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().reason == Consignment.damaged)
      #expect(try await engine.ledger.alarms().contains { $0.kind == .instanceDamaged })
    }
    try await listener.close()
  }

  /// A disk that fails to answer once condemns nothing; one that never answers again does.
  @Test(arguments: [(1, DeliveryState.delivered), (.max, .failed)])
  func aFileThatCannotBeReadIsTriedAgain(failures: Int, ending: DeliveryState) async throws {
    let listener = try await ScriptedPeerListener()
    let disk = UnreadableDisk()
    let peers: [Peer] = [.scanner, .archive(port: listener.port)]
    try await RunningEngine.run(peers: peers, routes: [.everything(proof: .response)], disk: disk) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(Self.sample) == .success)
      disk.fail(times: failures)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while true {
            let archive = try await listener.acceptAssociation()
            if let message = try? await archive.takeMessage() { try? await archive.answer(message.command, .success) }
          }
        }
        try await engine.eventually("\(ending)") { try await engine.delivery().state == ending }
        group.cancelAll()
        _ = await group.nextResult()
      }
      #expect(try await engine.delivery().attempts == (ending == .failed ? 5 : 2))
      #expect(try await engine.ledger.alarms().contains { $0.kind == .instanceDamaged } == (ending == .failed))
    }
    try await listener.close()
  }
}

/// A disk on which so many reads fail.
private final class UnreadableDisk: ForwardingDisk {
  let disk: any SpoolDisk = PosixDisk()
  private let failures = NIOLockedValueBox(0)

  func fail(times: Int) { failures.withLockedValue { $0 = times } }

  func read(into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle) throws -> Int {
    let fails = failures.withLockedValue { left in
      defer { left = max(left - 1, 0) }
      return left > 0
    }
    if fails { throw SpoolError.disk(operation: "read", path: file.path, errno: EIO) }
    return try disk.read(into: regions, at: offset, from: file)
  }
}
