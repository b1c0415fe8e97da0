import EscrowCore
import Foundation
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

/// What is made of a ledger's files that somebody, or a disk, changed between two runs.
@Suite struct DamagedFileTests {
  /// The files of a ledger with some rows, as a process leaves them that is killed, or that ends.
  private func files(
    closed: Bool, _ body: (_ path: String) async throws -> Void
  ) async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      for number in 1...200 { try await Scene(ledger: ledger).admit(number) }
      // Whatever is moved out of the log after the last of them has been moved when the writer does this.
      _ = try await ledger.expireClaims(at: MonotonicTime(nanoseconds: 0), now: Timestamp(microseconds: 0))
      if closed {
        try await ledger.close()
        return try await body(temporary.path)
      }
      let copy = temporary.path + ".killed"
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: temporary.path + suffix, toPath: copy + suffix)
      }
      try await body(copy)
      try await ledger.close()
    }
  }

  private func open(_ path: String) throws -> SQLiteLedger { try TemporaryLedger(path: path).open() }

  private func expectAll(in path: String) async throws {
    let ledger = try open(path)
    let instances = try await ledger.status().instances
    #expect(instances == [.inTransit: 200])
    try await ledger.close()
  }

  private func change(_ path: String, _ body: (inout Data) -> Void) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    body(&bytes)
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  /// How opening fails; what is there must be as it was afterwards.
  private func refusal(of path: String) throws -> LedgerError? {
    let before = try? Data(contentsOf: URL(fileURLWithPath: path))
    let error = #expect(throws: LedgerError.self) { _ = try open(path) }
    let after = try? Data(contentsOf: URL(fileURLWithPath: path))
    #expect(after == before)
    return error
  }

  @Test func whatAKilledProcessLeavesIsOpened() async throws {
    try await files(closed: false) { path in
      for _ in 1...2 {
        try await expectAll(in: path)
      }
    }
  }

  @Test(arguments: [0, 40, 100_000]) func aLogThatWasCutIsRefused(length: Int) async throws {
    try await files(closed: false) { path in
      let expected = try FileSize.of(path + "-wal") ?? 0
      #expect(expected > length)
      try change(path + "-wal") { $0 = $0.prefix(length) }
      for _ in 1...2 {
        switch try refusal(of: path) {
        case .logMissing(path, let mark, Int64(length)): #expect(mark <= expected)
        // What is left of it may end where the pages of the database do not fit together.
        case .damaged(path, _) where length > 40: break
        case let error: Issue.record("not refused as it should be: \(String(describing: error))")
        }
      }
    }
  }

  @Test func aLogThatIsGoneIsRefusedUntilItIsBack() async throws {
    try await files(closed: false) { path in
      try FileManager.default.moveItem(atPath: path + "-wal", toPath: path + "-elsewhere")
      for _ in 1...2 {
        let error = try refusal(of: path)
        #expect(error?.description.contains("escrow restore") == true)
        guard case .logMissing = error else {
          Issue.record("\(String(describing: error))")
          return
        }
      }
      try FileManager.default.moveItem(atPath: path + "-elsewhere", toPath: path + "-wal")
      try await expectAll(in: path)
    }
  }

  @Test func afterAnOrderlyEndTheLogIsNotNeeded() async throws {
    try await files(closed: true) { path in
      let length = try FileSize.of(path + "-wal") ?? 0
      #expect(length == 0)
      for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      try await expectAll(in: path)
    }
  }

  @Test(arguments: [1, 2, 5, 20]) func aPageOfZerosIsRefused(page: Int) async throws {
    try await files(closed: true) { path in
      try change(path) { $0.replaceSubrange(page * 4096..<(page + 1) * 4096, with: Data(count: 4096)) }
      guard case .damaged(path, _) = try refusal(of: path) else {
        Issue.record("not refused as damaged")
        return
      }
    }
  }

  @Test(arguments: [1, 100, 5000, 40_960]) func aFileThatWasCutIsRefused(length: Int) async throws {
    try await files(closed: true) { path in
      try change(path) { $0 = $0.prefix(length) }
      guard case .damaged(path, _) = try refusal(of: path) else {
        Issue.record("not refused as damaged")
        return
      }
    }
  }

  @Test func whatIsNoDatabaseIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      try Data("hello, this is not a database at all".utf8).write(to: URL(fileURLWithPath: temporary.path))
      guard case .damaged = try refusal(of: temporary.path) else {
        Issue.record("not refused as damaged")
        return
      }
    }
  }

  @Test func aDatabaseOfAnotherProgramIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      let other = try DatabaseQueue(path: temporary.path)
      try await other.write { try $0.execute(sql: "CREATE TABLE patients (name TEXT)") }
      try other.close()
      let error = try refusal(of: temporary.path)
      #expect(error == .unusable(path: temporary.path, cause: "it is a database of another program"))
    }
  }

  @Test func aFolderInItsPlaceIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      try FileManager.default.createDirectory(atPath: temporary.path, withIntermediateDirectories: true)
      let error = try refusal(of: temporary.path)
      #expect(error == .unusable(path: temporary.path, cause: "it is not a regular file"))
    }
  }

  private func leaveHalfWritten(at left: String) throws {
    let live = left + ".live"
    let queue = try DatabaseQueue(path: live)
    try queue.writeWithoutTransaction { db in
      // So small a cache that pages are written before COMMIT.
      try db.execute(sql: "PRAGMA cache_size = 1; CREATE TABLE grdb_migrations (identifier TEXT)")
      try db.execute(sql: "BEGIN IMMEDIATE")
      for _ in 1...200 {
        try db.execute(sql: "INSERT INTO grdb_migrations VALUES (hex(randomblob(500)))")
      }
      for suffix in ["", "-journal"] {
        try FileManager.default.copyItem(atPath: live + suffix, toPath: left + suffix)
      }
      try db.execute(sql: "ROLLBACK")
    }
    try queue.close()
  }

  /// As a power cut leaves it in the middle of a first start: not yet with a write-ahead log, and half written.
  @Test func aFirstStartThatWasCutOffIsUndone() async throws {
    try await TemporaryLedger.run { temporary in
      try leaveHalfWritten(at: temporary.path)
      let ledger = try temporary.open()
      try await Scene(ledger: ledger).admit(1)
      try await ledger.close()
    }
  }

  @Test func damageFoundWhileRunningEndsEverything() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open { _ in throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
      for _ in 1...2 {
        await #expect {
          try await ledger.tell(EscrowEvent(.ping, at: .at(1)))
        } throws: { error in
          (error as? LedgerError)?.isFinal == true
        }
      }
    }
  }
}

/// Copies of a ledger, made while it is used and while it is not.
@Suite struct LedgerCopyTests {
  @Test func aCopyOfALedgerInUseIsWhole() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      for number in 1...50 { try await Scene(ledger: ledger).admit(number) }
      try await ledger.copy(to: temporary.path + ".copy")
      try await Scene(ledger: ledger).admit(51)
      let found = try LedgerExamination.of(temporary.path + ".copy", isThorough: true)
      #expect(found?.id == ledger.id && found?.wasClosed == true)
      let copy = try TemporaryLedger(path: temporary.path + ".copy").open()
      let instances = try await copy.status().instances
      #expect(instances == [.inTransit: 50])
      #expect(copy.id == ledger.id)
      try await copy.close()
      await #expect(throws: LedgerError.self) { try await ledger.copy(to: temporary.path + ".copy") }
      try await ledger.close()
    }
  }

  @Test func aPlainCopyOfALedgerInUseIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try FileManager.default.copyItem(atPath: temporary.path, toPath: temporary.path + ".copy")
      #expect {
        _ = try TemporaryLedger(path: temporary.path + ".copy").open()
      } throws: { error in
        if case .logMissing = error as? LedgerError { true } else { false }
      }
      try await ledger.close()
    }
  }

  @Test func onlyItsOwnerCanReadIt() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await ledger.copy(to: temporary.path + ".copy")
      for name in ["", "-wal", "-lock", ".copy"] {
        let rights = try FileManager.default.attributesOfItem(atPath: temporary.path + name)[.posixPermissions] as? Int
        #expect(rights == 0o600, "\(name)")
      }
      try await ledger.close()
    }
  }

  @Test func filesAreLockedSetAsideAndInstalled() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await Scene(ledger: ledger).admit(1)
      #expect(throws: LedgerError.locked(path: temporary.path + "-lock")) { try LedgerFiles(path: temporary.path) }
      try await ledger.close()
      let files = try LedgerFiles(path: temporary.path)
      #expect(files.exist)
      try files.copy(to: temporary.path + ".new")
      let aside = try files.setAside("before-test", now: Timestamp(microseconds: 1_800_000_000_000_000))
      #expect(aside == temporary.path + ".before-test-20270115T080000")
      #expect(!files.exist && FileManager.default.fileExists(atPath: aside))
      #expect(throws: LedgerError.missing(path: temporary.path, spool: nil)) {
        try files.copy(to: temporary.path + ".x")
      }
      try files.install(temporary.path + ".new")
      let installed = try files.examine(isThorough: true)?.id
      #expect(installed == ledger.id)
      #expect(throws: LedgerError.self) { try files.install(aside) }
    }
  }
}
