import DICOM
import EscrowCore
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

/// What forgetting leaves in the tables, and what an older ledger brings.
@Suite struct RecordRetentionTests {
  @Test func nothingOfWhatWasForgottenIsLeft() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let scene = Scene(ledger: ledger)
      try await scene.subscribe(Set(EventKind.allCases))
      for number in 1...4 { try await scene.admit(number, to: [.commitment("archive"), .response("research")]) }
      try await scene.send("research", at: 5)
      try await scene.deliver(4)
      try await scene.advance(at: 100)
      #expect(try await scene.purge(at: 5000) == [1, 2, 3, 4])
      for number in 1...4 { try await scene.finishPurge(number, at: 5001) }
      try await scene.advance(at: 5002)
      // One stays, under a wave of its own.
      try await scene.admit(5, at: 5003)
      for task in try await scene.due(at: 6000).tasks { try await scene.tried(task, .done, at: 6000) }
      #expect(try await Self.forget(in: ledger, at: 9000) == 4)
      let counts = try await Self.counts(in: ledger)
      #expect(
        counts == [
          "instance": 1, "delivery": 1, "attempt": 0, "commitment": 0, "item": 0, "wave": 1, "resource": 1,
          "study_summary": 1, "outbox": 0, "instance_count": 1, "delivery_count": 1, "study_space": 1,
        ])
      let broken = try await ledger.pool.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").count }
      #expect(broken == 0)
      #expect(try await ledger.sources().map(\.copies) == [1])
      #expect(try await ledger.endpoints().map(\.pending) == [0])
    }
  }

  @Test func aJobOfManyRowsGoesInSteps() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let scene = Scene(ledger: ledger)
      try await scene.inquire(1, about: Array(1...5000), at: 1)
      while try await scene.advance(job: 1, at: 2)?.hasNews == true {}
      try await ledger.pool.write { try $0.execute(sql: "UPDATE job SET state = 'Success', completed_at = 3") }
      let term = RecordTerm(keeping: .seconds(100), now: .at(9000))
      var steps = 0
      var position: RecordPosition? = .start
      while let current = position, current.stage == .jobs {
        let step = try await ledger.forget(term, from: current, limit: 10)
        position = step.next
        steps += 1
        if steps == 1 { #expect(try await ledger.jobs(JobFilter(), page: PageRequest()).items == []) }
      }
      #expect(steps == 3)
      #expect(try await Self.left(in: ["job", "inquiry", "inquired"], of: ledger) == [])
    }
  }

  @Test func jobsThatHaveManyRowsTogetherGoInSteps() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let scene = Scene(ledger: ledger)
      for job in 1...4 {
        try await scene.inquire(job, about: Array(1...1500), at: job)
        while try await scene.advance(job: job, at: 5)?.hasNews == true {}
      }
      try await ledger.pool.write { try $0.execute(sql: "UPDATE job SET state = 'Success', completed_at = 6") }
      #expect(try await Self.steps(of: .jobs, in: ledger) == [1, 1, 1, 1])
      #expect(try await Self.left(in: ["job", "inquiry", "inquired"], of: ledger) == [])
    }
  }

  @Test func transactionsThatAskedForManyTogetherGoInSteps() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      for number in 1...5 {
        try await ledger.openTransaction(
          .transaction(number), to: "archive", references: (1...1500).map(SOPInstance.number), asking: Scene.policy,
          actor: "admin", now: .at(0))
      }
      try await ledger.pool.write { try $0.execute(sql: "UPDATE commitment SET next_ask_at = NULL") }
      #expect(try await Self.steps(of: .transactions, in: ledger) == [2, 2, 1])
      #expect(try await Self.left(in: ["commitment", "item"], of: ledger) == [])
    }
  }

  /// Whoever asks with a UID that is half forgotten is not told half of the answer.
  @Test func aJobThatIsHalfForgottenIsNotAnsweredAgain() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let scene = Scene(ledger: ledger)
      try await scene.inquire(1, about: Array(1...5000), at: 1)
      while try await scene.advance(job: 1, at: 2)?.hasNews == true {}
      try await ledger.pool.write { try $0.execute(sql: "UPDATE job SET state = 'Success', completed_at = 3") }
      let term = RecordTerm(keeping: .seconds(100), now: .at(9000))
      _ = try await ledger.forget(term, from: .start, limit: 10)
      let answer = try await scene.inquire(1, about: Array(1...5000), as: 2, at: 9001)
      guard case .contradicts = answer else { return #expect(Bool(false), "answered \(answer)") }
    }
  }

  @Test func whatWasPurgedBeforeTheUpgradeIsCountedFromItsPurge() async throws {
    try await TemporaryLedger.run { temporary in
      try Self.makeOld(temporary)
      let ledger = try temporary.open()
      #expect(try await ledger.instance(.number(1))?.goneAt == Self.longAgo)
      let second = try #require(try await ledger.instance(.number(2))?.goneAt)
      #expect(second > Timestamp.now() - .minutes(5), "nothing says when: from now on")
      #expect(try await ledger.instance(.number(3))?.goneAt == nil)
      let references = try await ledger.pool.read { db in
        try String.fetchAll(db, sql: "SELECT \"table\" FROM pragma_foreign_key_list('instance')")
      }
      #expect(references == [])
      let scene = Scene(ledger: ledger)
      try await scene.admit(4, study: Scene.otherStudy)
      let term = RecordTerm(keeping: .seconds(1), now: Self.longAgo + .seconds(2))
      let step = try await ledger.forget(term, from: RecordPosition(.instances), limit: 10)
      #expect(step.instances == 1)
      #expect(try await ledger.instance(.number(1)) == nil)
    }
  }

  // MARK: Shorthand

  /// Those of some tables that have any row.
  private static func left(in tables: [String], of ledger: SQLiteLedger) async throws -> [String] {
    try await ledger.pool.read { db in
      try tables.filter { try Row.fetchOne(db, sql: "SELECT 1 FROM \($0)") != nil }
    }
  }

  /// How many records each step of a stage forgets.
  private static func steps(of stage: RecordStage, in ledger: SQLiteLedger) async throws -> [Int] {
    let term = RecordTerm(keeping: .seconds(100), now: .at(9000))
    var steps: [Int] = []
    var position: RecordPosition? = RecordPosition(stage)
    while let current = position, current.stage == stage {
      let step = try await ledger.forget(term, from: current, limit: 10)
      steps.append(step.others)
      position = step.next
    }
    return steps
  }

  /// In 2001.
  private static let longAgo = Timestamp(microseconds: 1_000_000_000_000_000)

  private static func forget(in ledger: SQLiteLedger, at seconds: Int) async throws -> Int {
    let term = RecordTerm(keeping: .seconds(100), now: .at(seconds))
    var instances = 0
    var position: RecordPosition? = .start
    while let current = position {
      let step = try await ledger.forget(term, from: current, limit: 3)
      instances += step.instances
      position = step.next
    }
    return instances
  }

  /// Rows by table; of the counters what they count.
  private static func counts(in ledger: SQLiteLedger) async throws -> [String: Int] {
    try await ledger.pool.read { db in
      var counts: [String: Int] = [:]
      for table in ["instance", "delivery", "attempt", "commitment", "item", "wave", "resource", "study_summary"] {
        counts[table] = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
      }
      counts["outbox"] = try Int.fetchOne(
        db, sql: "SELECT count(*) FROM outbox o JOIN event v ON v.sequence = o.event WHERE v.instance IS NOT NULL")
      for table in ["instance_count", "delivery_count", "study_space"] {
        counts[table] = try Int.fetchOne(db, sql: "SELECT coalesce(sum(n), 0) FROM \(table)")
      }
      return counts
    }
  }

  /// A ledger as version 9 left it: two instances that are purged, one with its event, and one that is here.
  private static func makeOld(_ temporary: TemporaryLedger) throws {
    let queue = try DatabaseQueue(path: temporary.path)
    try Schema.migrator.migrate(queue, upTo: "9 unlisted")
    try queue.write { db in
      try db.execute(
        sql: "INSERT INTO wave (id, key, is_study, last_arrival, told, is_open) VALUES (1, '1.2.826.7', 1, 0, '', 0)")
      for (number, state) in [(1, "purged"), (2, "purged"), (3, "held")] {
        let id = InstanceID.number(number).rawValue
        try db.execute(
          sql: """
            INSERT INTO instance (uuid, file, sop_class, sop_instance, transfer_syntax, study, calling_ae, called_ae,
              address, association, received_at, bytes, digest, state, retention, settled_at, wave)
            VALUES (?, ?, '1.2.3', ?, '1.2.840.10008.1.2', '1.2.826.7', 'CT1', 'ESCROW', '10.0.0.7', 'a', 0, 10,
              '00000000000000000000000000000001', ?, 0, ?, 1)
            """,
          arguments: [id, id, SOPInstance.number(number).instanceUID.rawValue, state, state == "purged" ? 0 : nil])
      }
      try db.execute(sql: "UPDATE wave SET is_changed = 0")
      try db.execute(
        sql: "INSERT INTO event (kind, at, instance, actor) VALUES ('instance.purged', ?, ?, 'system')",
        arguments: [longAgo.microseconds, InstanceID.number(1).rawValue])
    }
    try queue.close()
  }
}
