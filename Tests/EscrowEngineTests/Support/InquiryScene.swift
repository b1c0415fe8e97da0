import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import NIOCore

/// An engine and a modality that stores, asks for commitment, and hears the answers on a listener of its own.
struct InquiryScene: Sendable {
  let engine: RunningEngine
  let listener: ScriptedPeerListener

  /// A report as it came.
  struct Heard: Sendable {
    var callingAE: AETitle
    var roles: [RoleSelection]
    var eventTypeID: UInt16?
    var information: CommitmentEventInformation
  }

  /// Runs an engine that knows the modality CT1 on the scene's listener.
  static func run(
    peers: [Peer] = [], routes: [Route] = [], hook: (any DecisionHook)? = nil, adapt: (inout Peer) -> Void = { _ in },
    _ body: (InquiryScene) async throws -> Void
  ) async throws {
    let listener = try await ScriptedPeerListener()
    var asker = Peer(
      name: "ct1", aeTitle: "CT1", host: "127.0.0.1", port: listener.port, allow: [.echo, .store, .commit],
      retry: RetryPolicy(first: .milliseconds(50), max: .milliseconds(200)), timeouts: .patient)
    adapt(&asker)
    try await RunningEngine.run(peers: [asker] + peers, routes: routes, hook: hook) { engine in
      try await body(InquiryScene(engine: engine, listener: listener))
    }
    try await listener.close()
  }

  static func reference(_ uid: UID) -> SOPInstance {
    SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: uid)
  }

  static func payload(_ uid: UID, _ references: [SOPInstance]) -> [UInt8] {
    let information = CommitmentActionInformation(transactionUID: uid, references: references)
    return Array(information.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid).readableBytesView)
  }

  /// Asks on an association of its own; the answer's status.
  @discardableResult
  func ask(_ uid: UID, _ references: [SOPInstance], as title: AETitle = "CT1") async throws -> Status? {
    let peer = try await engine.associate(as: title).peer
    try await peer.send(.commitmentRequest(messageID: 7), dataSet: Self.payload(uid, references), on: 5)
    let status = try await peer.nextCommand().statusCode
    try await peer.send(.releaseRequest)
    return status
  }

  /// The next association on which answers come, accepted.
  func accept(returningRoles: Bool = true) async throws -> (peer: ScriptedPeer, request: AssociateRequest) {
    let peer = try await listener.accept()
    guard case .associateRequest(let request)? = try await peer.next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-RQ")
    }
    let policy = AcceptorPolicy(implementationClassUID: "2.25.1") { _, _ in
      .accepted(ServiceTerms(transferSyntaxes: .any, requestorMayBeSCU: false, requestorMayBeSCP: true))
    }
    var accept = policy.answer(request).accept
    if !returningRoles { accept.userInformation.roleSelections = [] }
    try await peer.send(.associateAccept(accept))
    return (peer, request)
  }

  /// The next report, on the next association, which is answered with `status` and released.
  func hear(_ status: Status = .success) async throws -> Heard {
    let (peer, request) = try await accept()
    let heard = try await hear(on: peer, request, status)
    while let pdu = try await peer.next() {
      guard pdu == .releaseRequest else { continue }
      await peer.answerRelease()
      break
    }
    return heard
  }

  /// The next report on an association, answered with `status`.
  func hear(on peer: ScriptedPeer, _ request: AssociateRequest, _ status: Status = .success) async throws -> Heard {
    let (command, contextID, bytes) = try await peer.takeMessageOnContext()
    let information = try CommitmentEventInformation(
      decoding: ByteBuffer(bytes: bytes), transferSyntax: TransferSyntax.explicitLittleEndian.uid)
    try await peer.answer(command, status, on: contextID)
    return Heard(
      callingAE: request.callingAE, roles: request.userInformation.roleSelections, eventTypeID: command.eventTypeID,
      information: information)
  }

  func store(_ sample: SampleInstance) async throws {
    let peer = try await engine.associate(toStore: sample).peer
    guard try await peer.store(sample) == .success else { throw ScriptDeparture(expected: "success") }
    try await peer.send(.releaseRequest)
  }

  /// Waits until the latest job is in a state.
  func job(is state: JobState) async throws -> Job {
    try await engine.eventually("the job is \(state)") { try await latestJob()?.state == state }
    guard let job = try await latestJob() else { throw ScriptDeparture(expected: "a job") }
    return job
  }

  func latestJob() async throws -> Job? {
    try await engine.ledger.jobs(JobFilter(), page: PageRequest(limit: 1)).items.first
  }
}

/// A hook that answers as the test says.
struct ScriptedHook: DecisionHook {
  let answer: @Sendable (HookQuestion) async throws -> [UID: UInt16]

  func decide(_ question: HookQuestion, at endpoint: HookEndpoint) async throws -> [UID: UInt16] {
    try await answer(question)
  }
}
