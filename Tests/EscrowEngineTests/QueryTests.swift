import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import NIOConcurrencyHelpers
import Testing

@testable import EscrowEngine

/// Proof by query, over real sockets: what an archive may answer, and what is made of it.
@Suite struct QueryTests {
  typealias Answer = TestArchive.FindAnswer

  /// A scene whose archive is queried at once and often.
  private func run(
    _ count: Int = 1, policy: (inout QueryPolicy) -> Void = { _ in }, prepare: (TestArchive) -> Void,
    body: (CommitmentScene) async throws -> Void
  ) async throws {
    try await CommitmentScene.run(
      CommitmentScene.samples(count), routes: [.everything(proof: .query)],
      adapt: {
        $0.query.policy.after = .milliseconds(1)
        $0.query.policy.askAgain = [.milliseconds(20)]
        $0.query.policy.resendWait = .milliseconds(1)
        policy(&$0.query.policy)
      }
    ) { scene in
      prepare(scene.archive)
      try await scene.store()
      try await body(scene)
    }
  }

  /// The identifier of an answer.
  private static func match(_ uid: UID, class classUID: UID? = nil, level: String = "IMAGE") -> DataSet {
    var identifier = DataSet([
      DataElement(.queryRetrieveLevel, .cs, text: level), DataElement(.sopInstanceUID, uid: uid),
    ])
    if let classUID { identifier.set(DataElement(.sopClassUID, uid: classUID)) }
    return identifier
  }

  private static func everything(_ query: TestArchive.Query) -> Answer { Answer(matches: query.uids.map { match($0) }) }

  @Test(arguments: [true, false], [TransferSyntax.explicitLittleEndian, .implicitLittleEndian])
  func whatIsFoundIsDelivered(relational: Bool, syntax: TransferSyntax) async throws {
    try await run(3) { archive in
      archive.queried(relational: relational, in: syntax)
      archive.answerQueries(Self.everything)
    } body: { scene in
      for index in 0..<3 { try await scene.waits(for: .delivered, of: index) }
      #expect(scene.archive.requests.isEmpty, "no commitment is asked for")
      for query in scene.archive.queries { #expect((query.studyInstanceUID == nil) == relational) }
      let events = try await scene.engine.ledger.trace(scene.samples[0].sop.instanceUID).events.map(\.event.kind)
      #expect(events.contains(.instanceFound))
    }
  }

  /// Some peers answer a list with its first match only, or do not understand it at all.
  @Test(arguments: [0, 1]) func whatAListDoesNotFindIsAskedForAlone(answered: Int) async throws {
    try await run(3, policy: { $0.after = .milliseconds(300) }) { archive in
      archive.answerQueries { query in
        let isList = query.uids.count > 1
        return Answer(matches: query.uids.prefix(isList ? answered : 1).map { Self.match($0) })
      }
    } body: { scene in
      for index in 0..<3 { try await scene.waits(for: .delivered, of: index) }
      #expect(scene.archive.stored.count == 3, "nothing is sent again")
    }
  }

  private static let lies: [(name: String, answer: @Sendable (TestArchive.Query) -> [DataSet])] = [
    ("others", { _ in [match("1.2.3"), match("1.2.3.4")] }),
    ("of another class", { $0.uids.map { match($0, class: "1.2.840.10008.5.1.4.1.1.88.11") } }),
    ("of another level", { $0.uids.map { match($0, level: "SERIES") } }),
    ("the question", { [match(UID(($0.uids + ["1.2.3"]).map(\.rawValue).joined(separator: "\\")))] }),
    ("a longer UID", { $0.uids.map { match(UID($0.rawValue + "0")) } }),
  ]

  @Test(arguments: lies.indices) func whatIsNotMeantProvesNothing(index: Int) async throws {
    let lie = Self.lies[index]
    try await run(policy: { ($0.resendAfter, $0.maxResends) = (2, 1) }) { archive in
      archive.answerQueries { Answer(matches: lie.answer($0)) }
    } body: { scene in
      try await scene.waits(for: .failed)
      #expect(try await scene.delivery().reason == "notFoundByQuery", "\(lie.name)")
      #expect(scene.archive.stored.count == 2)
      #expect(scene.archive.queries.count == 4)
      #expect(try await scene.alarms() == [.deliveryFailed])
    }
  }

  /// Whatever else the peer said before.
  @Test(arguments: [0xA700, 0xA900, 0xC000, 0xFE00] as [UInt16])
  func aQueryThatFailsSaysNothing(status: UInt16) async throws {
    try await run(policy: { $0.resendAfter = 1 }) { archive in
      archive.answerQueries { query in
        Answer(matches: query.uids.map { Self.match($0) }, status: Status(rawValue: status), comment: "out of order")
      }
    } body: { scene in
      try await scene.engine.eventually("several queries") { scene.archive.queries.count > 3 }
      let delivery = try await scene.delivery()
      #expect(delivery.state == .sent)
      #expect(delivery.failedAsks == 0 && delivery.resends == 0)
      #expect(delivery.reason == "query failed")
      #expect(delivery.lastError?.contains("\(Status(rawValue: status)) out of order") == true)
      scene.archive.answerQueries(Self.everything)
      try await scene.waits(for: .delivered)
      #expect(scene.archive.stored.count == 1)
    }
  }

  @Test func whoCannotBeQueriedIsAlarmedOfUntilItCan() async throws {
    try await run() {
      $0.queried(false)
    } body: { scene in
      try await scene.engine.eventually("an alarm") { try await scene.alarms() == [.queryRefused] }
      let delivery = try await scene.delivery()
      #expect(delivery.state == .sent && delivery.reason == "query refused")
      #expect(try #require(delivery.notBefore).since(.now()) > .hours(23))
      scene.archive.queried()
      scene.archive.answerQueries(Self.everything)
      try await askAgain(scene)
      try await scene.waits(for: .delivered)
      #expect(try await scene.alarms() == [])
    }
  }

  @Test func whatTheArchiveLosesIsSentAgainUntilItIsFound() async throws {
    let lost = NIOLockedValueBox(true)
    try await run(policy: { $0.resendAfter = 2 }) { archive in
      archive.answerQueries { query in
        if archive.stored.count > 1 { lost.withLockedValue { $0 = false } }
        return lost.withLockedValue { $0 } ? Answer(matches: []) : Self.everything(query)
      }
    } body: { scene in
      try await scene.waits(for: .delivered)
      #expect(scene.archive.stored.count == 2)
      #expect(try await scene.delivery().resends == 1)
    }
  }

  @Test func whatIsGoneWhenAskedAgainIsAlarmedOfAndSentAgain() async throws {
    let isGone = NIOLockedValueBox(false)
    try await run() { archive in
      archive.answerQueries { query in
        isGone.withLockedValue { $0 } && archive.stored.count == 1 ? Answer(matches: []) : Self.everything(query)
      }
    } body: { scene in
      try await scene.waits(for: .delivered)
      isGone.withLockedValue { $0 = true }
      try await askAgain(scene)
      try await scene.engine.eventually("it is sent again") { scene.archive.stored.count == 2 }
      try await scene.waits(for: .delivered)
      let kinds = try await scene.engine.ledger.events(after: 0, limit: 100).map(\.event.kind)
      #expect(kinds.contains(.commitmentContradicted))
    }
  }

  /// Who is asked need not be who stores: what is wrong with one says nothing of the other.
  @Test func whoIsAskedMayBeAnother() async throws {
    try await TestArchive.run { index in
      index.queried(relational: true)
      index.answerQueries(Self.everything)
      let port = index.port
      try await CommitmentScene.run(
        CommitmentScene.samples(2), routes: [.everything(proof: .query)],
        adapt: {
          $0.query.policy.after = .milliseconds(1)
          ($0.query.aeTitle, $0.query.port) = ("INDEX", port)
        }
      ) { scene in
        try await scene.store()
        for number in 0..<2 { try await scene.waits(for: .delivered, of: number) }
        #expect(scene.archive.queries.isEmpty && !index.queries.isEmpty)
      }
    }
  }

  @Test func whoIsAskedAndCannotBeReachedStopsNoSending() async throws {
    try await CommitmentScene.run(
      CommitmentScene.samples(2), routes: [.everything(proof: .query)],
      adapt: {
        $0.query.policy.after = .milliseconds(1)
        $0.query.port = 1
      }
    ) { scene in
      try await scene.store([scene.samples[0]])
      try await scene.engine.eventually("a query that does not arrive") {
        try await scene.delivery().lastError?.contains("not asked: cannot connect") == true
      }
      try await scene.store([scene.samples[1]])
      try await scene.waits(for: .sent, of: 1)
      #expect(scene.engine.context.destinations["archive"]?.health.current.state == .up)
      #expect(try await scene.delivery().failedAsks == 0)
    }
  }

  /// The series of an instance is not known when its header has none: it is asked for with what is known.
  @Test func whatHasNoSeriesIsAskedForAlone() async throws {
    let due = [1, 2].map { number in
      DueQuery(
        key: ClaimKey(delivery: DeliveryID(rawValue: number), attempt: 1),
        sop: SOPInstance(classUID: "1.2", instanceUID: UID("1.2.\(number)")), studyInstanceUID: "1.3",
        seriesInstanceUID: nil)
    }
    let alone = QueryBatch.batches(of: due, size: 50, relational: false)
    #expect(
      alone.map(\.query)
        == ["1.2.1", "1.2.2"].map { InstanceQuery(sopInstanceUIDs: [$0], studyInstanceUID: "1.3") })
    let together = QueryBatch.batches(of: due, size: 50, relational: true)
    #expect(together.map(\.query) == [InstanceQuery(sopInstanceUIDs: ["1.2.1", "1.2.2"])])
  }

  @Test func aListIsAsLongAsItMayBe() {
    let digits = String(repeating: "1", count: 59)
    let due = (0..<1500).map { number in
      DueQuery(
        key: ClaimKey(delivery: DeliveryID(rawValue: Int64(number)), attempt: 1),
        sop: SOPInstance(classUID: "1.2", instanceUID: UID("\(digits).\(number + 1000)")), studyInstanceUID: "1.3",
        seriesInstanceUID: UID("1.4.\(number % 2)"))
    }
    let few = QueryBatch.batches(of: due, size: 100, relational: false)
    #expect(few.count == 16, "8 in each of two series")
    #expect(few.allSatisfy { $0.asked.count <= 100 && Set($0.asked.map(\.seriesInstanceUID)).count == 1 })
    let many = QueryBatch.batches(of: due, size: 5000, relational: true)
    #expect(many.count == 2, "the length of a value")
    #expect(many.flatMap(\.asked) == due)
  }

  private func askAgain(_ scene: CommitmentScene) async throws {
    let result = try await OperatorChanges(context: scene.engine.context).change(
      DeliveryFilter(destinations: ["archive"]), .askAgain, by: BulkOrder(actor: "test"))
    #expect(result.changed == 1)
  }
}
