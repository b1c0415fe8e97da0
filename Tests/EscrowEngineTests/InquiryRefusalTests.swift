import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// Requests for storage commitment that are not taken: each gets its status (PS3.7 §10.1.4.1.10), nothing else ends.
@Suite struct InquiryRefusalTests {
  private static let reference = InquiryScene.reference("1.2.3")
  private static let good = InquiryScene.payload("2.25.1", [reference])

  private static func element(_ tag: (UInt8, UInt8), _ vr: String, _ value: [UInt8]) -> [UInt8] {
    let isLong = vr == "SQ"
    let length = UInt32(value.count)
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) }
    return [8, 0, tag.0, tag.1] + Array(vr.utf8) + (isLong ? [0, 0] + bytes : Array(bytes[0..<2])) + value
  }

  private static let transactionUID = element((0x95, 0x11), "UI", Array("2.25.10".utf8) + [0])
  private static let emptySequence = element((0x99, 0x11), "SQ", [])
  private static let emptyItem = element((0x99, 0x11), "SQ", [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0])

  private static func request(_ change: (inout CommandSet) -> Void) -> CommandSet {
    var command = CommandSet.commitmentRequest(messageID: 7)
    change(&command)
    return command
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var status: Status
    var command = CommandSet.commitmentRequest(messageID: 7)
    var dataSet: [UInt8]? = InquiryRefusalTests.good
  }

  static let bad = [
    Bad(
      testDescription: "another class", status: .noSuchSOPClass,
      command: request { $0.requestedSOPClassUID = "1.2.840.10008.1.20.2" }),
    Bad(
      testDescription: "another instance", status: .noSuchSOPInstance,
      command: request { $0.requestedSOPInstanceUID = "1.2.840.10008.1.20.1.2" }),
    Bad(testDescription: "action 2", status: .noSuchActionType, command: request { $0.actionTypeID = 2 }),
    Bad(testDescription: "no action", status: .noSuchActionType, command: request { $0.actionTypeID = nil }),
    Bad(
      testDescription: "no data set", status: .invalidArgumentValue, command: request { $0.hasDataSet = false },
      dataSet: nil),
    Bad(testDescription: "an empty data set", status: .invalidArgumentValue, dataSet: []),
    Bad(testDescription: "no Transaction UID", status: .invalidArgumentValue, dataSet: emptyItem),
    Bad(testDescription: "no sequence", status: .invalidArgumentValue, dataSet: transactionUID),
    Bad(testDescription: "an empty sequence", status: .invalidArgumentValue, dataSet: transactionUID + emptySequence),
    Bad(testDescription: "an item without UIDs", status: .invalidArgumentValue, dataSet: transactionUID + emptyItem),
    Bad(
      testDescription: "a malformed Transaction UID", status: .invalidArgumentValue,
      dataSet: InquiryScene.payload("not-a-uid", [reference])),
    Bad(testDescription: "noise", status: .invalidArgumentValue, dataSet: Array(repeating: 0xA5, count: 1000)),
  ]

  @Test(arguments: bad) func isRefusedByItsStatus(_ bad: Bad) async throws {
    try await InquiryScene.run { scene in
      let peer = try await scene.engine.associate().peer
      try await peer.send(bad.command, dataSet: bad.dataSet, on: 5)
      let answer = try await peer.nextCommand()
      #expect(answer.statusCode == bad.status)
      #expect(answer.messageIDBeingRespondedTo == 7)
      // The association goes on.
      try await peer.send(.echoRequest(messageID: 8))
      #expect(try await peer.nextCommand().statusCode == .success)
      try await peer.send(.commitmentRequest(messageID: 9), dataSet: Self.good, on: 5)
      #expect(try await peer.nextCommand().statusCode == .success)
      #expect(try await scene.engine.ledger.jobs(JobFilter(), page: PageRequest()).items.count == 1)
    }
  }

  @Test func whoMayNotAskIsToldSo() async throws {
    let mute = Peer(name: "ct2", aeTitle: "CT2", addresses: AddressRange.loopback, allow: [.echo, .store])
    try await InquiryScene.run(peers: [mute]) { scene in
      let status = try await scene.ask("2.25.1", [Self.reference], as: "CT2")
      #expect(status == .notAuthorized)
    }
  }

  @Test func aStrangerIsToldSo() async throws {
    try await RunningEngine.run(peers: [], unknownPeers: [.echo, .store]) { engine in
      let peer = try await engine.associate(as: "WHO").peer
      try await peer.send(.commitmentRequest(messageID: 7), dataSet: Self.good, on: 5)
      #expect(try await peer.nextCommand().statusCode == .notAuthorized)
    }
  }

  @Test func whoCannotBeToldIsNotPromisedAnything() async throws {
    let hidden = Peer(name: "ct2", aeTitle: "CT2", addresses: AddressRange.loopback, allow: [.echo, .commit])
    try await InquiryScene.run(peers: [hidden]) { scene in
      let status = try await scene.ask("2.25.1", [Self.reference], as: "CT2")
      #expect(status == .processingFailure)
    }
  }

  @Test func otherContentInTheSameTransactionIsRefused() async throws {
    try await InquiryScene.run { scene in
      let first = try await scene.ask("2.25.1", [Self.reference])
      #expect(first == .success)
      let second = try await scene.ask("2.25.1", [Self.reference])
      #expect(second == .success)
      let third = try await scene.ask("2.25.1", [InquiryScene.reference("1.2.4")])
      #expect(third == .invalidArgumentValue)
      #expect(try await scene.engine.ledger.jobs(JobFilter(), page: PageRequest()).items.count == 1)
    }
  }

  @Test func manyBadRequestsKeepNobodyWaiting() async throws {
    try await InquiryScene.run { scene in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let peer = try await scene.engine.associate().peer
            for number in 0..<200 {
              let bad = Self.bad[number % Self.bad.count]
              try await peer.send(bad.command, dataSet: bad.dataSet, on: 5)
              #expect(try await peer.nextCommand().statusCode == bad.status)
            }
          }
        }
        group.addTask {
          let peer = try await scene.engine.associate().peer
          for number in 0..<20 {
            try await peer.send(.echoRequest(messageID: UInt16(number + 1)))
            #expect(try await peer.nextCommand().statusCode == .success)
          }
        }
        try await group.waitForAll()
      }
      #expect(try await scene.latestJob() == nil)
    }
  }
}
