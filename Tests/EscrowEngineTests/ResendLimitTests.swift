import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// How often a destination is asked and sent to that says no again and again, over real sockets.
@Suite struct ResendLimitTests {
  /// 0112H: sent again three times, then failed.
  @Test func whatTheArchiveNeverHasIsSentFourTimes() async throws {
    try await CommitmentScene.run(policy: { $0.resendAfter = .milliseconds(5) }) { scene in
      try await scene.store()
      for number in 1...4 {
        let request = try await scene.request(number)
        #expect(scene.archive.stored.count == number)
        #expect(try await scene.report(request, failed: request.references, reason: 0x0112) == .success)
      }
      #expect(try await scene.delivery().state == .failed)
      #expect(try await scene.delivery().reason == "commitment failed: 0112H")
      #expect(try await scene.delivery().resends == 3)
      #expect(try await scene.alarms() == [.deliveryFailed])
      #expect(try await scene.instance().state == .settled)
      #expect(try scene.engine.spooledFiles().count == 1)
      #expect(scene.archive.requests.count == 4)
    }
  }

  /// Five answers, one sending again, five answers more; then failed, since here one sending again is the limit.
  @Test(arguments: [0x0131, 0x0213, 0x0110, 0x4711] as [UInt16])
  func whatMayBeOtherwiseNextTimeIsAskedForFirst(reason: UInt16) async throws {
    try await CommitmentScene.run(policy: {
      $0.askAgain = [.milliseconds(1)]
      $0.resendAfter = .milliseconds(5)
      $0.maxResends = 1
    }) { scene in
      try await scene.store()
      var number = 1
      while try await scene.delivery().state != .failed {
        let next = number
        try await scene.engine.eventually("a request or the end") {
          if scene.archive.requests.count >= next { return true }
          return try await scene.delivery().state == .failed
        }
        guard scene.archive.requests.count >= next else { break }
        let request = scene.archive.requests[next - 1]
        #expect(try await scene.report(request, failed: request.references, reason: reason) == .success)
        let delivery = try await scene.delivery()
        #expect(delivery.failedAsks < 5)
        if next < 5 { #expect(scene.archive.stored.count == 1) }
        number += 1
      }
      #expect(number > 10)
      #expect(scene.archive.stored.count == 2)
      #expect(try await scene.delivery().reason == "commitment failed: \(reason.dicomHex)")
      #expect(try await scene.alarms() == [.deliveryFailed])
    }
  }

  @Test(arguments: [0x0119, 0x0122] as [UInt16]) func whatWillNotChangeFailsAtOnce(reason: UInt16) async throws {
    try await CommitmentScene.run { scene in
      try await scene.store()
      let request = try await scene.request(1)
      #expect(try await scene.report(request, failed: request.references, reason: reason) == .success)
      #expect(try await scene.delivery().state == .failed)
      #expect(try await scene.alarms() == [.deliveryFailed])
      #expect(scene.archive.stored.count == 1)
    }
  }

  /// A request that was refused may be reported on all the same; the delivery has stayed `sent`.
  @Test(arguments: [(0x0112, DeliveryState.queued), (0x0110, .sent), (0x0119, .failed)] as [(UInt16, DeliveryState)])
  func failuresOfARefusedRequestCount(reason: UInt16, state: DeliveryState) async throws {
    try await CommitmentScene.run(policy: { $0.resendAfter = .hours(1) }) { scene in
      scene.archive.answerRequests(.status(.unrecognizedOperation))
      try await scene.store()
      let request = try await scene.request(1)
      try await scene.engine.eventually("an alarm") { try await scene.alarms() == [.commitmentRefused] }
      #expect(try await scene.report(request, failed: request.references, reason: reason) == .success)
      #expect(try await scene.delivery().state == state)
      #expect(try await scene.delivery().failedAsks == (state == .sent ? 1 : 0))
    }
  }

  /// Another route wants more than the answer to C-STORE, of the bytes that were delivered by that alone.
  @Test func aStrongerProofIsStillToBeHad() async throws {
    let senders = [Peer.scanner, Peer(name: "ct2", aeTitle: "CT2", addresses: AddressRange.loopback, allow: [.store])]
    let routes = try zip(senders, [Proof.response, .commitment]).map { sender, proof in
      Route(
        name: sender.name.rawValue,
        match: .all([Condition(.callingAE, name: "callingAE", patterns: [try Pattern(sender.aeTitle.rawValue)])]),
        sends: [.init(to: "archive", proof: proof)], retention: .never)
    }
    try await CommitmentScene.run(routes: routes, peers: [senders[1]]) { scene in
      try await scene.store()
      try await scene.waits(for: .delivered)
      #expect(scene.archive.requests.isEmpty)
      try await scene.store(as: "CT2")
      let request = try await scene.request(1)
      try await scene.waits(for: .requested)
      #expect(try await scene.delivery().proof == .commitment)
      try await scene.commit(request)
      #expect(try await scene.delivery().state == .delivered)
      #expect(scene.archive.stored.count == 1)
    }
  }
}
