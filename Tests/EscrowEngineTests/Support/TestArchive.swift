import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import EscrowTesting
import NIOConcurrencyHelpers
import NIOCore

/// An archive in this process that stores and is asked for commitment, answers as a test wishes, and reports only what
/// the test reports.
struct TestArchive: Sendable {
  /// What it was asked.
  struct Request: Sendable, Equatable {
    var uid: UID
    var references: [SOPInstance]
  }

  /// How it answers N-ACTION.
  enum ActionAnswer: Sendable {
    case status(Status)
    case abort
    /// Nothing, until the other side has had enough.
    case silence
    /// These messages in the same write as the response with status success, or before it.
    case reporting([CommitmentEventInformation], before: Bool)
    /// The response waits until the test opens the gate.
    case atGate(Status)
  }

  /// How it answers the C-STORE of an instance that it does not take.
  enum StoreRefusal: Sendable {
    case status(Status, comment: String? = nil, offending: [Tag] = [])
    /// The association ends instead.
    case abort
  }

  /// What becomes of associations that propose Storage Commitment.
  enum CommitmentAcceptance: Sendable {
    case accepted
    /// The context is refused.
    case refused
    /// A-ASSOCIATE-RQ is not answered.
    case unanswered
  }

  /// A query that it got.
  struct Query: Sendable, Equatable {
    var uids: [UID]
    var studyInstanceUID: UID?
    var seriesInstanceUID: UID?
  }

  /// How it answers a query: these identifiers, and then this status.
  struct FindAnswer: Sendable {
    var matches: [DataSet]
    var status = Status.success
    var comment: String?
  }

  private struct State: Sendable {
    var queries: [Query] = []
    var find: @Sendable (Query) -> FindAnswer = { _ in FindAnswer(matches: []) }
    var isQueried = true
    var isRelational = false
    var querySyntax = TransferSyntax.explicitLittleEndian
    var requests: [Request] = []
    var stored: [SOPInstance] = []
    var storeAnswers: [Status] = []
    var refused: [UID: StoreRefusal] = [:]
    var storesWait = false
    var gateIsOpen = false
    var action = ActionAnswer.status(.success)
    var commitment = CommitmentAcceptance.accepted
    /// Answers to reports on the associations of requests.
    var reportAnswers: [Status] = []
  }

  private let state = NIOLockedValueBox(State())
  private let listener: ScriptedPeerListener

  var port: Int { listener.port }
  /// What it was asked so far, oldest first.
  var requests: [Request] { state.withLockedValue { $0.requests } }
  /// The instances that it was sent whole so far, with repetitions.
  var stored: [SOPInstance] { state.withLockedValue { $0.stored } }
  /// How reports on the associations of requests were answered.
  var reportAnswers: [Status] { state.withLockedValue { $0.reportAnswers } }

  /// The queries that it got so far, oldest first.
  var queries: [Query] { state.withLockedValue { $0.queries } }

  /// Answers queries so from now on.
  func answerQueries(_ answer: @escaping @Sendable (Query) -> FindAnswer) {
    state.withLockedValue { $0.find = answer }
  }

  /// Whether it lets itself be queried from now on, and how.
  func queried(
    _ isQueried: Bool = true, relational: Bool = false, in syntax: TransferSyntax = .explicitLittleEndian
  ) {
    state.withLockedValue {
      ($0.isQueried, $0.isRelational, $0.querySyntax) = (isQueried, relational, syntax)
    }
  }

  /// Answers N-ACTION so from now on.
  func answerRequests(_ answer: ActionAnswer) { state.withLockedValue { $0.action = answer } }

  /// Answers the next C-STOREs so, and all others with success.
  func answerStores(_ answers: [Status]) { state.withLockedValue { $0.storeAnswers = answers } }

  /// Answers each C-STORE of an instance so; nil takes it.
  func refuse(_ uid: UID, _ refusal: StoreRefusal?) { state.withLockedValue { $0.refused[uid] = refusal } }

  /// Answers no C-STORE until ``openGate()``.
  func closeGateForStores() {
    state.withLockedValue {
      $0.storesWait = true
      $0.gateIsOpen = false
    }
  }

  /// Answers what waits.
  func openGate() {
    state.withLockedValue {
      $0.gateIsOpen = true
      $0.storesWait = false
    }
  }

  /// From now on.
  func commitment(_ acceptance: CommitmentAcceptance) { state.withLockedValue { $0.commitment = acceptance } }

  /// Runs one for the time of `body`.
  static func run<Result: Sendable>(
    _ body: (TestArchive) async throws -> Result
  ) async throws -> Result {
    let archive = TestArchive(listener: try await ScriptedPeerListener())
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await archive.serveAll() }
      defer { group.cancelAll() }
      let result = try await body(archive)
      try await archive.listener.close()
      return result
    }
  }

  private init(listener: ScriptedPeerListener) { self.listener = listener }

  private func serveAll() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled, let peer = try? await listener.accept() {
        group.addTask { try? await serve(peer) }
      }
    }
  }

  private func serve(_ peer: ScriptedPeer) async throws {
    guard try await answerProposal(on: peer) else { return }
    while true {
      guard let message = try await nextMessage(from: peer) else { return }
      switch message.command.field {
      case .cEchoRequest: try await peer.answer(message.command, .success, on: message.contextID)
      case .cStoreRequest: try await answerStore(message, on: peer)
      case .nActionRequest: try await answerAction(message, on: peer)
      case .cFindRequest: try await answerFind(message, on: peer)
      case .nEventReportResponse:
        state.withLockedValue { $0.reportAnswers.append(message.command.statusCode ?? .processingFailure) }
      default: return
      }
    }
  }

  /// False when it is left without an answer, and the other side has given up.
  private func answerProposal(on peer: ScriptedPeer) async throws -> Bool {
    guard case .associateRequest(let request)? = try await peer.next() else { return false }
    let acceptance = state.withLockedValue { $0.commitment }
    if acceptance == .unanswered,
      request.contexts.contains(where: { $0.abstractSyntax == StorageCommitment.sopClassUID })
    {
      try await peer.skipToEnd()
      return false
    }
    let (isQueried, isRelational, querySyntax) = state.withLockedValue {
      ($0.isQueried, $0.isRelational, $0.querySyntax)
    }
    let policy = AcceptorPolicy(implementationClassUID: "2.25.1") { abstractSyntax, _ in
      if abstractSyntax == StudyRootFind.sopClassUID {
        return isQueried
          ? .accepted(ServiceTerms(transferSyntaxes: .only([querySyntax.uid]))) : .refused(.abstractSyntaxNotSupported)
      }
      guard acceptance == .accepted || abstractSyntax != StorageCommitment.sopClassUID else {
        return .refused(.abstractSyntaxNotSupported)
      }
      return .accepted(ServiceTerms(requestorMayBeSCP: true))
    }
    var accept = policy.answer(request).accept
    if isRelational { accept.userInformation.extendedNegotiations = request.userInformation.extendedNegotiations }
    try await peer.send(.associateAccept(accept))
    return true
  }

  private struct Message {
    var command: CommandSet
    var contextID: UInt8
    var dataSet: [UInt8]
  }

  /// The next whole message; nil when the association has ended, which a release is answered for.
  private func nextMessage(from peer: ScriptedPeer) async throws -> Message? {
    var message: Message?
    while let pdu = try await peer.next() {
      switch pdu {
      case .data(let values):
        for value in values {
          if value.isCommand {
            message = Message(
              command: try CommandSet(decoding: value.fragment), contextID: value.contextID, dataSet: [])
          } else {
            message?.dataSet += value.fragment.readableBytesView
          }
          let isWhole = value.isLast && (!value.isCommand || message?.command.hasDataSet == false)
          if isWhole, let message { return message }
        }
      case .releaseRequest:
        await peer.answerRelease()
        return nil
      default: return nil
      }
    }
    return nil
  }

  private func answerStore(_ message: Message, on peer: ScriptedPeer) async throws {
    let sop = SOPInstance(
      classUID: message.command.affectedSOPClassUID ?? "", instanceUID: message.command.affectedSOPInstanceUID ?? "")
    state.withLockedValue { $0.stored.append(sop) }
    while state.withLockedValue({ $0.storesWait }) { try await Task.sleep(for: .milliseconds(5)) }
    switch state.withLockedValue({ $0.refused[sop.instanceUID] }) {
    case .abort: return try await peer.send(.abort(.serviceUser))
    case .status(let status, let comment, let offending):
      let response = CommandSet.response(
        to: message.command, status: status, errorComment: comment, offendingElements: offending)
      return try await peer.send(response, on: message.contextID)
    case nil: break
    }
    let status = state.withLockedValue { $0.storeAnswers.isEmpty ? .success : $0.storeAnswers.removeFirst() }
    try await peer.answer(message.command, status, on: message.contextID)
  }

  private func answerFind(_ message: Message, on peer: ScriptedPeer) async throws {
    let syntax = state.withLockedValue { $0.querySyntax }
    let identifier = try DataSet(decoding: message.dataSet, as: syntax)
    let query = Query(
      uids: (identifier.strings(.sopInstanceUID) ?? []).map { UID($0) },
      studyInstanceUID: identifier.uid(.studyInstanceUID), seriesInstanceUID: identifier.uid(.seriesInstanceUID))
    let answer = state.withLockedValue { state in
      state.queries.append(query)
      return state.find
    }(query)
    for match in answer.matches {
      var response = CommandSet.response(to: message.command, status: .pending)
      response.hasDataSet = true
      try await peer.send(response, dataSet: match.encoded(as: syntax), on: message.contextID)
    }
    let last = CommandSet.response(to: message.command, status: answer.status, errorComment: answer.comment)
    try await peer.send(last, on: message.contextID)
  }

  private func answerAction(_ message: Message, on peer: ScriptedPeer) async throws {
    let action = try CommitmentActionInformation(
      decoding: ByteBuffer(bytes: message.dataSet), transferSyntax: TransferSyntax.explicitLittleEndian.uid)
    let answer = state.withLockedValue { state in
      state.requests.append(Request(uid: action.transactionUID, references: action.references))
      return state.action
    }
    switch answer {
    case .status(let status): try await peer.answer(message.command, status, on: message.contextID)
    case .abort: try await peer.send(.abort(.serviceUser))
    case .silence: break
    case .atGate(let status):
      while state.withLockedValue({ !$0.gateIsOpen }) { try await Task.sleep(for: .milliseconds(5)) }
      try await peer.answer(message.command, status, on: message.contextID)
    case .reporting(var reports, let before):
      for index in reports.indices { reports[index].transactionUID = action.transactionUID }
      let response = CommandSet.response(to: message.command, status: .success)
      try await peer.send(Self.bytes(of: reports, and: response, before: before, on: message.contextID))
    }
  }

  /// Reports and a response, as one write.
  private static func bytes(
    of reports: [CommitmentEventInformation], and response: CommandSet, before: Bool, on contextID: UInt8
  ) -> ByteBuffer {
    var reported = ByteBuffer()
    for (index, report) in reports.enumerated() {
      let command = CommandSet.commitmentReport(eventTypeID: report.eventTypeID, messageID: UInt16(index + 1))
      let dataSet = report.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid)
      PDU.data([PDV(contextID: contextID, isCommand: true, isLast: true, fragment: command.encoded())])
        .encode(into: &reported)
      PDU.data([PDV(contextID: contextID, isCommand: false, isLast: true, fragment: dataSet)]).encode(into: &reported)
    }
    var answer = ByteBuffer()
    PDU.data([PDV(contextID: contextID, isCommand: true, isLast: true, fragment: response.encoded())])
      .encode(into: &answer)
    var bytes = before ? reported : answer
    bytes.writeImmutableBuffer(before ? answer : reported)
    return bytes
  }
}
