import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import NIOCore
import Testing

/// An engine, the modality that stores to it, and an archive that is asked for commitment and reports what the test
/// says.
struct CommitmentScene: Sendable {
  let engine: RunningEngine
  let archive: TestArchive
  let samples: [SampleInstance]

  /// Instances of one study.
  static func samples(_ count: Int) -> [SampleInstance] {
    (0..<count).map { SampleInstance(seed: 40 + UInt64($0), studyInstanceUID: "1.2.826.0.1.3680043.9.1") }
  }

  /// Stores `samples` and waits for nothing.
  static func run(
    _ samples: [SampleInstance] = samples(1), routes: [Route] = [.everything(proof: .commitment)],
    peers: [Peer] = [], policy: (inout CommitmentPolicy) -> Void = { _ in }, adapt: (inout Peer) -> Void = { _ in },
    _ body: (CommitmentScene) async throws -> Void
  ) async throws {
    try await TestArchive.run { archive in
      let destination = Peer.archive(port: archive.port) {
        $0.commitment.policy.askAgain = [.hours(1)]
        policy(&$0.commitment.policy)
        adapt(&$0)
      }
      try await RunningEngine.run(peers: [.scanner, destination] + peers, routes: routes) { engine in
        try await body(CommitmentScene(engine: engine, archive: archive, samples: samples))
      }
    }
  }

  /// Stores what the scene has, as a modality.
  func store(_ some: [SampleInstance]? = nil, as title: AETitle = "CT1") async throws {
    for sample in some ?? samples {
      let scanner = try await engine.associate(as: title, toStore: sample).peer
      guard try await scanner.store(sample) == .success else { throw ScriptDeparture(expected: "success") }
      try await scanner.send(.releaseRequest)
    }
  }

  /// The `number`-th request that the archive gets, counted from 1.
  func request(_ number: Int) async throws -> TestArchive.Request {
    try await engine.eventually("request \(number)") { archive.requests.count >= number }
    return archive.requests[number - 1]
  }

  /// The first that the archive gets of those that `isMeant`.
  func request(_ isMeant: @escaping @Sendable (TestArchive.Request) -> Bool) async throws -> TestArchive.Request {
    var found: TestArchive.Request?
    try await engine.eventually("such a request") {
      found = archive.requests.first(where: isMeant)
      return found != nil
    }
    return try #require(found)
  }

  /// Reports on an association of its own; the answer.
  @discardableResult
  func report(
    _ request: TestArchive.Request, committed: [SOPInstance] = [], failed: [SOPInstance] = [], reason: UInt16 = 0x0112
  ) async throws -> Status? {
    let information = CommitmentEventInformation(
      transactionUID: request.uid, committed: committed, failed: failed.map { .init(sop: $0, reason: reason) })
    return try await send(information)
  }

  @discardableResult
  func send(_ report: CommitmentEventInformation) async throws -> Status? {
    let peer = try await engine.associate(as: "ARCHIVE", role: (false, true)).peer
    let bytes = Array(report.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid).readableBytesView)
    try await peer.send(.commitmentReport(eventTypeID: report.eventTypeID, messageID: 3), dataSet: bytes, on: 5)
    let status = try await peer.nextCommand().statusCode
    try await peer.send(.releaseRequest)
    return status
  }

  /// Everything in the request is committed.
  func commit(_ request: TestArchive.Request) async throws {
    guard try await report(request, committed: request.references) == .success else {
      throw ScriptDeparture(expected: "a report that is taken")
    }
  }

  /// The delivery of a sample.
  func delivery(_ index: Int = 0) async throws -> Delivery {
    let all = try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items
    guard let record = all.first(where: { $0.sop == samples[index].sop }) else {
      throw ScriptDeparture(expected: "a delivery")
    }
    return record.delivery
  }

  /// Waits until the delivery of a sample is in `state`.
  func waits(for state: DeliveryState, of index: Int = 0) async throws {
    try await engine.eventually("\(state)") { try await delivery(index).state == state }
  }

  func alarms() async throws -> Set<AlarmKind> { Set(try await engine.ledger.alarms().map(\.kind)) }

  func instance() async throws -> Instance {
    guard let record = try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.first else {
      throw ScriptDeparture(expected: "an instance")
    }
    return record.instance
  }

  /// How the attempts of a sample ended, in order.
  func attempts(_ index: Int = 0) async throws -> [String] {
    try await engine.ledger.trace(samples[index].sop.instanceUID).attempts.map(\.result)
  }
}
