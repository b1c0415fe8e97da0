import DICOMProtocol
import EscrowCore
import EscrowEngine
import EscrowTesting
import Testing

/// An operator's events in every state in which they happen, with the engine at work.
@Suite struct OperatorEventTests {
  private func change(_ verb: DeliveryVerb, _ scene: CommitmentScene) async throws {
    let result = try await OperatorChanges(context: scene.engine.context).change(
      DeliveryFilter(destinations: ["archive"]), verb, by: BulkOrder(actor: "admin", reason: "because"))
    #expect(result.changed == 1, "\(result)")
  }

  /// Brings a delivery into a state in which it stays.
  private func inState(
    _ state: DeliveryState, _ body: (CommitmentScene) async throws -> Void
  ) async throws {
    try await CommitmentScene.run { scene in
      switch state {
      case .failed: scene.archive.answerStores([Status(rawValue: 0x0117)])
      case .sent: scene.archive.answerRequests(.status(.notAuthorized))
      default: break
      }
      try await scene.store()
      if state == .sent {
        try await scene.engine.eventually("an alarm") { try await scene.alarms() == [.commitmentRefused] }
      }
      try await scene.waits(for: state)
      try await body(scene)
    }
  }

  @Test(arguments: [DeliveryState.sent, .requested, .failed])
  func whatIsCancelledStaysSoUntilItIsQueuedAgainOrWaived(state: DeliveryState) async throws {
    try await inState(state) { scene in
      try await change(.cancel, scene)
      #expect(try await scene.delivery().state == .cancelled)
      #expect(try scene.engine.spooledFiles().count == 1)
      try await change(.waive, scene)
      #expect(try await scene.delivery().state == .waived)
    }
    try await inState(state) { scene in
      try await change(.cancel, scene)
      try await change(.retry, scene)
      #expect(try await scene.delivery().state != .cancelled)
    }
  }

  @Test func whatHasFailedIsWaived() async throws {
    try await inState(.failed) { scene in
      try await change(.waive, scene)
      #expect(try await scene.delivery().state == .waived)
      #expect(try await scene.alarms().isEmpty)
    }
  }

  @Test func whatHasFailedIsSentAgain() async throws {
    try await inState(.failed) { scene in
      try await change(.retry, scene)
      try await scene.commit(scene.request(1))
      #expect(try await scene.delivery().state == .delivered)
      #expect(scene.archive.stored.count == 2)
    }
  }
}
