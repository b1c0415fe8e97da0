import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// The same SOP Instance UID again, with the same content or other, from several senders at once, and from where it
/// was sent to; over real sockets.
@Suite struct SameInstanceTests {
  private static let uid: UID = "1.2.826.0.1.3680043.9.7.1"
  private static let sample = content(1)

  /// One of several contents of the same SOP Instance UID.
  private static func content(_ number: UInt64) -> SampleInstance {
    SampleInstance(seed: number, studyInstanceUID: "1.2.3.4", sopInstanceUID: uid, pixelBytes: 300_000)
  }

  private static func senders(_ count: Int) -> [Peer] {
    (1...count).map {
      Peer(name: PeerName("s\($0)"), aeTitle: AETitle("S\($0)"), addresses: AddressRange.loopback, allow: [.store])
    }
  }

  private static func route(to destinations: PeerName..., proof: Proof = .response, retention: Retention) -> Route {
    Route(
      name: "r", match: .all([]), sends: destinations.map { .init(to: $0, proof: proof) }, retention: retention)
  }

  /// Each of `samples` from a sender of its own, all at the same time.
  private func storeAtOnce(_ samples: [SampleInstance], at engine: RunningEngine) async throws {
    try await withThrowingTaskGroup(of: Status?.self) { group in
      for (index, sample) in samples.enumerated() {
        group.addTask {
          try await engine.associate(as: AETitle("S\(index + 1)"), toStore: sample).peer.store(sample)
        }
      }
      for try await status in group { #expect(status == .success) }
    }
  }

  private func instances(_ engine: RunningEngine) async throws -> [Instance] {
    try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.map(\.instance)
  }

  private func events(_ kind: EventKind, _ engine: RunningEngine) async throws -> Int {
    try await engine.ledger.events(after: 0, limit: 1000).count { $0.event.kind == kind }
  }

  /// Each sender is told success, and one copy is kept.
  @Test func theSameBytesFromManyAtOnceAreOneInstance() async throws {
    try await CommitmentScene.run(
      routes: [Self.route(to: "archive", retention: .never)], peers: Self.senders(8)
    ) { scene in
      try await storeAtOnce(Array(repeating: Self.sample, count: 8), at: scene.engine)
      #expect(try await instances(scene.engine).count == 1)
      try await scene.engine.eventually("one file") { try scene.engine.spooledFiles().count == 1 }
      try await scene.engine.eventually("delivered") { try await scene.engine.delivery().state == .delivered }
      #expect(try await events(.instanceReceived, scene.engine) == 8, "who sent it is on record")
      #expect(scene.archive.stored.count == 1)
    }
  }

  /// Commitment speaks of UIDs, so no report says whose content is safe.
  @Test func otherContentAtOnceIsAConflictOfBothAndBothAreKept() async throws {
    try await CommitmentScene.run(
      routes: [Self.route(to: "archive", proof: .commitment, retention: .after(.zero))], peers: Self.senders(2)
    ) { scene in
      scene.archive.closeGateForStores()
      try await storeAtOnce([Self.content(1), Self.content(2)], at: scene.engine)
      let both = try await instances(scene.engine)
      #expect(both.count == 2 && Set(both.map(\.digest)).count == 2)
      #expect(both.allSatisfy { $0.conflicted })
      #expect(try await scene.alarms() == [.instanceConflict])
      #expect(try scene.engine.spooledFiles().count == 2)
      try await scene.engine.eventually("the first is being sent") { scene.archive.stored.count == 1 }
      // One of a UID at a time, in the order of arrival.
      let deliveries = try await scene.engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items
      #expect(deliveries.map(\.delivery.state) == [.sending, .queued])
      #expect(deliveries[1].delivery.reason == "behind \(both[0].id)")
      scene.archive.openGate()
      for number in 1...2 {
        let request = try await scene.request(number)
        #expect(request.references.map(\.instanceUID) == [Self.uid])
        #expect(scene.archive.stored.count == number)
        try await scene.commit(request)
      }
      try await scene.engine.eventually("both settled") {
        try await instances(scene.engine).allSatisfy { $0.state == .settled }
      }
      #expect(try await scene.engine.ledger.beginPurge(limit: 10, now: .now() + .hours(1000)).isEmpty)
      #expect(try scene.engine.spooledFiles().count == 2)
    }
  }

  @Test func afterThePurgeTheSameBytesAreANewInstance() async throws {
    try await CommitmentScene.run(
      routes: [Self.route(to: "archive", retention: .after(.zero))], peers: Self.senders(2)
    ) { scene in
      for number in 1...2 {
        try await storeAtOnce([Self.sample], at: scene.engine)
        try await scene.engine.eventually("purged") {
          let all = try await instances(scene.engine)
          return all.count == number && all.allSatisfy { $0.state == .purged }
        }
        #expect(scene.archive.stored.count == number)
      }
      #expect(try await instances(scene.engine).allSatisfy { !$0.conflicted })
      #expect(try await scene.alarms().isEmpty)
    }
  }

  @Test func afterThePurgeOtherContentIsAConflict() async throws {
    try await CommitmentScene.run(
      routes: [Self.route(to: "archive", retention: .after(.zero))], peers: Self.senders(2)
    ) { scene in
      try await storeAtOnce([Self.content(1)], at: scene.engine)
      try await scene.engine.eventually("purged") { try await instances(scene.engine).map(\.state) == [.purged] }
      try await storeAtOnce([Self.content(2)], at: scene.engine)
      try await scene.engine.eventually("sent") { scene.archive.stored.count == 2 }
      #expect(try await scene.alarms() == [.instanceConflict])
      try await scene.engine.eventually("settled") {
        try await instances(scene.engine).map(\.state) == [.purged, .settled]
      }
      #expect(try await instances(scene.engine)[1].conflicted)
      #expect(try await scene.engine.ledger.beginPurge(limit: 10, now: .now() + .hours(1000)).isEmpty)
      #expect(try scene.engine.spooledFiles().count == 1)
    }
  }

  /// What comes back from where it was sent goes nowhere, before and after the purge.
  @Test(arguments: [Retention.never, .after(.zero)])
  func whatComesBackFromItsDestinationIsALoop(retention: Retention) async throws {
    try await CommitmentScene.run(
      routes: [Self.route(to: "archive", retention: retention)], peers: Self.senders(1),
      adapt: { $0.allow = [.echo, .report, .store] }
    ) { scene in
      try await storeAtOnce([Self.sample], at: scene.engine)
      let ended: InstanceState = retention == .never ? .settled : .purged
      try await scene.engine.eventually("delivered") { try await instances(scene.engine).map(\.state) == [ended] }
      let files = try scene.engine.spooledFiles()
      for _ in 1...3 {
        let archive = try await scene.engine.associate(as: "ARCHIVE", toStore: Self.sample).peer
        #expect(try await archive.store(Self.sample) == .success)
      }
      #expect(try await events(.instanceLooped, scene.engine) == 3)
      #expect(try await instances(scene.engine).map(\.state) == [ended])
      #expect(try scene.engine.spooledFiles() == files)
      #expect(try await scene.engine.ledger.count(DeliveryFilter()) == 1)
      #expect(scene.archive.stored.count == 1)
    }
  }

  /// Other content under the same UID is no loop, whoever sends it.
  @Test func otherContentFromItsDestinationIsNoLoop() async throws {
    try await CommitmentScene.run(
      routes: [Self.route(to: "archive", retention: .never)], peers: Self.senders(1),
      adapt: { $0.allow = [.echo, .report, .store] }
    ) { scene in
      try await storeAtOnce([Self.content(1)], at: scene.engine)
      try await scene.engine.eventually("delivered") { try await scene.engine.delivery().state == .delivered }
      let archive = try await scene.engine.associate(as: "ARCHIVE", toStore: Self.content(2)).peer
      #expect(try await archive.store(Self.content(2)) == .success)
      #expect(try await instances(scene.engine).count == 2)
      #expect(try await events(.instanceLooped, scene.engine) == 0)
      #expect(try await scene.alarms() == [.instanceConflict])
    }
  }

  /// From its destination, but for another one too: that one gets it.
  @Test func whatComesBackGoesWhereItIsMissing() async throws {
    let other = try await ScriptedPeerListener()
    var second = Peer.archive(port: other.port)
    second.name = "other"
    second.aeTitle = "OTHER"
    let fromSender = Route(
      name: "a", match: .all([Condition(.callingAE, name: "callingAE", patterns: [try Pattern("S1")])]),
      sends: [.init(to: "archive", proof: .response)], retention: .never)
    let everything = Self.route(to: "archive", "other", retention: .never)
    try await CommitmentScene.run(
      routes: [fromSender, Route(name: "b", match: .otherwise, sends: everything.sends, retention: .never)],
      peers: Self.senders(1) + [second], adapt: { $0.allow = [.echo, .report, .store] }
    ) { scene in
      try await storeAtOnce([Self.sample], at: scene.engine)
      try await scene.engine.eventually("delivered") { try await scene.engine.delivery().state == .delivered }
      let archive = try await scene.engine.associate(as: "ARCHIVE", toStore: Self.sample).peer
      #expect(try await archive.store(Self.sample) == .success)
      let destination = try await other.acceptAssociation()
      let (command, bytes) = try await destination.takeMessage()
      #expect(bytes == Self.sample.dataSet)
      try await destination.answer(command, .success)
      try await scene.engine.eventually("both delivered") {
        try await scene.engine.ledger.count(DeliveryFilter(states: [.delivered])) == 2
      }
      #expect(try await instances(scene.engine).count == 1)
      #expect(scene.archive.stored.count == 1)
    }
    try await other.close()
  }
}
