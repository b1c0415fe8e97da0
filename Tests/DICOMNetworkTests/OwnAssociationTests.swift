import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOCore
import Testing

/// Reports on associations that we opened, releases from both sides, cancellation.
@Suite struct OwnAssociationTests {
  private static let report = CommandSet.commitmentReport(
    eventTypeID: StorageCommitment.successEventTypeID, messageID: 9)

  @Test func reportWhileWaitingForAResponse() async throws {
    let listener = try await ScriptedPeerListener()
    async let served = { () async throws -> (ByteBuffer, Status?) in
      let association = try await connect(to: listener.port)
      async let reply = association.send(.probeEcho, on: 1, timeout: .seconds(600))
      let report = try await association.nextRequest()
      guard let report, case .collected(let bytes) = report.body else { throw ScriptDeparture(expected: "a report") }
      try await association.respond(.response(to: report.command, status: .success), on: report.context.id)
      let status = try await reply.command.statusCode
      await association.release()
      return (bytes, status)
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    let request = try await peer.nextCommand()
    try await peer.send(Self.report, dataSet: [1, 2, 3, 4], on: 5)
    #expect(try await peer.nextCommand().field == .nEventReportResponse)
    try await peer.send(.response(to: request, status: .success))
    #expect(try await peer.next() == .releaseRequest)
    try await peer.send(.releaseResponse)
    let (bytes, status) = try await served
    #expect(bytes == ByteBuffer(bytes: [1, 2, 3, 4]) && status == .success)
    try await listener.close()
  }

  @Test func responseWaitsForTheEndOfOurDataSet() async throws {
    let listener = try await ScriptedPeerListener()
    let length = 40_000_000
    async let served = {
      let association = try await connect(to: listener.port)
      async let reply = association.send(
        .probeStore, dataSet: .source(PatternSource(length: length)), on: 3, timeout: .seconds(600))
      guard let report = try await association.nextRequest() else { throw ScriptDeparture(expected: "a report") }
      try await association.respond(.response(to: report.command, status: .success), on: report.context.id)
      let status = try await reply.command.statusCode
      await association.abort()
      return status
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    let request = try await peer.nextCommand()
    try await peer.send(Self.report, dataSet: [1, 2], on: 5)
    var count = 0
    var isComplete = false
    while !isComplete, case .data(let values)? = try await peer.next() {
      for value in values {
        #expect(!value.isCommand, "a response inside a data set")
        count += value.fragment.readableBytes
        isComplete = value.isLast
      }
    }
    #expect(count == length)
    #expect(try await peer.nextCommand().field == .nEventReportResponse)
    try await peer.send(.response(to: request, status: .success), on: 3)
    #expect(try await served == .success)
    try await listener.close()
  }

  @Test func reportThatCrossesOurReleaseIsDelivered() async throws {
    let listener = try await ScriptedPeerListener()
    async let served = {
      let association = try await connect(to: listener.port)
      async let release: Void = association.release(timeout: .seconds(600))
      let report = try await association.nextRequest()
      await release
      return report
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    #expect(try await peer.next() == .releaseRequest)
    try await peer.send(Self.report, dataSet: [1, 2], on: 5)
    try await peer.send(.releaseResponse)
    #expect(try await served?.command.field == .nEventReportRequest)
    try await listener.close()
  }

  @Test func releaseCollision() async throws {
    let listener = try await ScriptedPeerListener()
    async let served: Void = {
      let association = try await connect(to: listener.port)
      await association.release(timeout: .seconds(600))
      #expect(try await association.nextRequest() == nil)
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    #expect(try await peer.next() == .releaseRequest)
    try await peer.send(.releaseRequest)
    #expect(try await peer.next() == .releaseResponse)
    try await peer.send(.releaseResponse)
    #expect(try await peer.next() == nil)
    try await served
    try await listener.close()
  }

  @Test func releaseByTheAcceptor() async throws {
    let listener = try await ScriptedPeerListener()
    async let opened = connect(to: listener.port)
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    let association = try await opened
    try await peer.send(.releaseRequest)
    #expect(try await peer.next() == .releaseResponse)
    #expect(try await association.nextRequest() == nil)
    await association.release()
    try await peer.close()
    try await listener.close()
  }

  @Test(arguments: [true, false])
  func cancellationAborts(whileSending: Bool) async throws {
    let listener = try await ScriptedPeerListener()
    let association = try await {
      async let opened = connect(to: listener.port)
      let peer = try await listener.accept()
      try await peer.acceptAssociation()
      let association = try await opened
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          await #expect(throws: (any Error).self) {
            if whileSending {
              _ = try await association.send(.probeEcho, on: 1, timeout: .seconds(600))
            } else {
              _ = try await association.nextRequest()
            }
          }
        }
        if whileSending { _ = try? await peer.nextCommand() }
        group.cancelAll()
      }
      #expect(try await peer.next() == .abort(.serviceUser))
      try await peer.close()
      return association
    }()
    await association.abort()
    try await listener.close()
  }

  @Test func cancellationWhileOpening() async throws {
    let listener = try await ScriptedPeerListener()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await #expect(throws: AssociationError.self) { try await connect(to: listener.port) }
      }
      let peer = try await listener.accept()
      guard case .associateRequest? = try await peer.next() else { throw ScriptDeparture(expected: "A-ASSOCIATE-RQ") }
      group.cancelAll()
      #expect(try await peer.next() == nil)
    }
    try await listener.close()
  }

  /// How an association of ours ends.
  enum Ending: CaseIterable { case release, abort, abortOfThePeer, closeOfThePeer }

  /// A router opens many thousands a day.
  @Test(arguments: Ending.allCases) func nothingIsLeftOfOneThatEnded(ending: Ending) async throws {
    let listener = try await ScriptedPeerListener()
    async let accepted = {
      let peer = try await listener.accept()
      try await peer.acceptAssociation()
      return peer
    }()
    weak var ended: Association?
    do {
      let association = try await connect(to: listener.port)
      ended = association
      let peer = try await accepted
      switch ending {
      case .release:
        async let released: Void = association.release(timeout: .seconds(600))
        #expect(try await peer.next() == .releaseRequest)
        try await peer.send(.releaseResponse)
        await released
      case .abort: await association.abort()
      case .abortOfThePeer: try await peer.send(.abort(.serviceUser))
      case .closeOfThePeer: try await peer.close()
      }
    }
    for _ in 0..<6000 where ended != nil { try await Task.sleep(for: .milliseconds(10)) }
    #expect(ended == nil)
    try await listener.close()
  }
}
