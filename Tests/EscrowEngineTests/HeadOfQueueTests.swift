import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// The oldest instance is one that the destination does not take for the moment, whatever the others are.
@Suite struct HeadOfQueueTests {
  private static let refusals: [TestArchive.StoreRefusal] = [
    .status(.outOfResources, comment: "too large for the cache", offending: [Tag(0x7FE0, 0x0010)]),
    .status(Status(rawValue: 0x0213)), .abort,
  ]

  @Test(arguments: refusals) func stopsNoOther(_ refusal: TestArchive.StoreRefusal) async throws {
    try await CommitmentScene.run(CommitmentScene.samples(4), routes: [.everything(proof: .response)]) { scene in
      let oldest = scene.samples[0].sop.instanceUID
      scene.archive.refuse(oldest, refusal)
      scene.archive.closeGateForStores()
      try await scene.store()
      scene.archive.openGate()
      try await scene.engine.eventually("the others are delivered") {
        try await scene.engine.ledger.count(DeliveryFilter(states: [.delivered])) == 3
      }
      let waiting = try #require(
        try await scene.engine.ledger.deliveries(DeliveryFilter(sopInstanceUID: oldest), page: PageRequest()).items
          .first)
      #expect(![.delivered, .failed].contains(waiting.delivery.state))

      scene.archive.refuse(oldest, nil)
      try await scene.engine.eventually("all are delivered") {
        try await scene.engine.ledger.count(DeliveryFilter(states: [.delivered])) == 4
      }
      if case .status(_, _?, _) = refusal {
        let words = try await scene.engine.ledger.trace(oldest).attempts.compactMap(\.message).first
        #expect(words?.hasSuffix("too large for the cache (offending: (7FE0,0010))") == true, "\(words ?? "")")
      }
    }
  }

  /// A sender claims its next batch while the last of this one is on its way: when the destination fails just then, what
  /// was claimed waits for the destination and not for its lease.
  @Test func whatWasClaimedAheadIsGivenBack() async throws {
    let samples = CommitmentScene.samples(38)
    try await CommitmentScene.run(
      samples, routes: [.everything(proof: .response)],
      adapt: {
        $0.associations = 1
        $0.retry = RetryPolicy(first: .milliseconds(1), max: .milliseconds(5))
      }
    ) { scene in
      let refused = samples[27].sop
      scene.archive.refuse(refused.instanceUID, .status(.outOfResources))
      scene.archive.closeGateForStores()
      try await scene.store()
      scene.archive.openGate()
      try await scene.engine.eventually("it was refused") { scene.archive.stored.contains(refused) }
      try await scene.engine.eventually("the others are delivered") {
        try await scene.engine.ledger.count(DeliveryFilter(states: [.delivered])) == samples.count - 1
      }
    }
  }

  /// Each is offered once before it is known to be refused; then the others have their share of each batch.
  @Test func moreThanABatchThatIsRefusedStopsNoOther() async throws {
    let (refused, others) = (40, 4)
    try await CommitmentScene.run(
      CommitmentScene.samples(refused + others), routes: [.everything(proof: .response)],
      adapt: { $0.retry = RetryPolicy(first: .milliseconds(1), max: .milliseconds(5)) }
    ) { scene in
      for sample in scene.samples.prefix(refused) {
        scene.archive.refuse(sample.sop.instanceUID, .status(.outOfResources))
      }
      scene.archive.closeGateForStores()
      try await scene.store(Array(scene.samples.prefix(refused)))
      scene.archive.openGate()
      // All have been offered when the others come.
      try await scene.engine.eventually("each was refused") { Set(scene.archive.stored).count == refused }
      scene.archive.closeGateForStores()
      let before = scene.archive.stored.count
      try await scene.store(Array(scene.samples.suffix(others)))
      scene.archive.openGate()
      try await scene.engine.eventually("the others are delivered, or have had to wait") {
        let delivered = try await scene.engine.ledger.count(DeliveryFilter(states: [.delivered]))
        return delivered == others || scene.archive.stored.count > before + 3 * refused
      }
      #expect(try await scene.engine.ledger.count(DeliveryFilter(states: [.delivered])) == others)
    }
  }
}
