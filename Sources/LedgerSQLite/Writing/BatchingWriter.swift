import EscrowCore
import Foundation
import GRDB

/// The one thread that writes: it takes what waits, up to a batch, into one transaction, and hands out results only
/// after that is durable. Callers so share the flush of their COMMIT; nobody waits for a timer.
///
/// What receives and what sends share each transaction: however many senders there are, the deliveries that wait for the
/// writer are not kept behind all of them.
///
/// `@unchecked Sendable`: `waiting`, `isClosed`, `hasEnded`, `atEnd`, `failure` and `makeRoom` are only touched while
/// `condition` is locked; the rest is constant, or only touched by the writer's thread.
final class BatchingWriter: @unchecked Sendable {
  /// Where a test may make the writer fail.
  enum Moment: Sendable { case commit, checkpoint }

  private let pool: DatabasePool
  /// Kept for as long as the pool is: nobody else may open the database before.
  private let lock: FileLock
  private let fault: @Sendable (Moment) throws -> Void
  private let condition = NSCondition()
  private var waiting = WriteQueue()
  private var isClosed = false
  private var hasEnded = false
  private var atEnd: [CheckedContinuation<Void, Never>] = []
  private var failure: LedgerError?
  private var makeRoom: @Sendable () -> Bool = { false }
  /// Row changes since the last checkpoint; only touched by the thread.
  private var changes = 0
  /// Frames of the log at which readers are waited for; only touched by the thread.
  private var longestLog = BatchingWriter.usualLog
  private static let usualLog = 50_000

  init(_ pool: DatabasePool, lock: FileLock, fault: @escaping @Sendable (Moment) throws -> Void) {
    self.pool = pool
    self.lock = lock
    self.fault = fault
  }

  func start() {
    let thread = Thread {
      Thread.current.name = "ledger writer"
      self.run()
    }
    thread.start()
  }

  /// Runs `body` in the next transaction; returns when that is durable.
  ///
  /// - Parameter alone: in a transaction of its own, for what changes very many rows: inside a savepoint each of its
  ///   statements costs more the more it has changed before (SQLite keeps the pages in a list that it walks). A batch
  ///   of which one is refused has savepoints.
  func perform<Result: Sendable>(
    as kind: PendingWrite.Kind = .other, alone: Bool = false,
    _ body: @escaping @Sendable (WriteTransaction) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      submit(PendingWrite(kind, alone: alone, body, continuation))
    }
  }

  /// Refuses what comes from now on, and ends the thread when nothing waits any more.
  func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }

  /// Waits for the end after ``close()``.
  func end() async {
    await withCheckedContinuation { continuation in
      let hasEnded = condition.withLock {
        if !self.hasEnded { atEnd.append(continuation) }
        return self.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  private func submit(_ job: PendingWrite) {
    let refusal: LedgerError? = condition.withLock {
      if let failure { return failure }
      if isClosed { return .closed }
      waiting.append(job)
      condition.signal()
      return nil
    }
    if let refusal { job.fail(refusal) }
  }

  private func run() {
    while let batch = take() {
      let finished = process(batch)
      finished.forEach { $0() }
      checkpointIfDue()
    }
    let waiters = condition.withLock {
      hasEnded = true
      defer { atEnd = [] }
      return atEnd
    }
    waiters.forEach { $0.resume() }
  }

  /// The next batch; waits itself when there is none. Nil at the end.
  private func take() -> [PendingWrite]? {
    condition.withLock {
      while waiting.isEmpty, !isClosed { condition.wait() }
      let batch = waiting.takeBatch()
      return batch.isEmpty ? nil : batch
    }
  }

  /// See ``SQLiteLedger/whenFull(_:)``.
  func whenFull(_ makeRoom: @escaping @Sendable () -> Bool) { condition.withLock { self.makeRoom = makeRoom } }

  /// Runs a batch in one transaction; returns what tells each caller how it ended.
  private func process(_ batch: [PendingWrite]) -> [PendingWrite.Finish] {
    do {
      do {
        return try write(batch)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
        guard condition.withLock({ makeRoom })() else { throw error }
        return try write(batch)
      }
    } catch {
      let error = judge(error)
      return batch.map { job in { job.fail(error) } }
    }
  }

  private func write(_ batch: [PendingWrite]) throws -> [PendingWrite.Finish] {
    try pool.writeWithoutTransaction { db in
      let before = db.totalChangesCount
      defer { changes += Self.changes(from: before, to: db.totalChangesCount) }
      return try commit(batch, in: db)
    }
  }

  /// Rows that were changed between two readings of SQLite's count, which has 32 bits and begins anew at the most
  /// negative number.
  static func changes(from before: Int, to after: Int) -> Int { Int(Int32(truncatingIfNeeded: after &- before)) }

  /// All in one transaction. That one of them is refused is rare: only then each gets a savepoint.
  private func commit(_ batch: [PendingWrite], in db: Database) throws -> [PendingWrite.Finish] {
    do {
      return try transact(in: db) { try batch.map { try trust($0, of: batch.count, in: db) } }
    } catch is OneOfMany {
      return try transact(in: db) { try batch.map { try attempt($0, in: db) } }
    }
  }

  private func transact(
    in db: Database, _ body: () throws -> [PendingWrite.Finish]
  ) throws -> [PendingWrite.Finish] {
    do {
      try db.beginTransaction(.immediate)
      let finished = try body()
      try fault(.commit)
      try db.commit()
      return finished
    } catch {
      if db.isInsideTransaction { try? db.rollback() }
      throw error
    }
  }

  /// One job among others had an error of its own; what it did is to be undone alone.
  private struct OneOfMany: Error {}

  /// Runs one job with nothing but the transaction to undo what it did.
  private func trust(_ job: PendingWrite, of count: Int, in db: Database) throws -> PendingWrite.Finish {
    do {
      return try job.run(WriteTransaction(db: db))
    } catch  where count > 1 && db.isInsideTransaction && isOfJob(error) {
      throw OneOfMany()
    }
  }

  /// Runs one job in a savepoint: its error is its own, unless it ended the whole transaction.
  private func attempt(_ job: PendingWrite, in db: Database) throws -> PendingWrite.Finish {
    var finish: PendingWrite.Finish?
    do {
      try db.inSavepoint {
        finish = try job.run(WriteTransaction(db: db))
        return .commit
      }
    } catch {
      guard db.isInsideTransaction, isOfJob(error) else { throw error }
      let refusal = error.asRefusedWrite
      return { job.fail(refusal) }
    }
    guard let finish else { throw LedgerError.closed }
    return finish
  }

  /// Whether an error concerns the one job, not whatever is written.
  private func isOfJob(_ error: any Error) -> Bool {
    let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL
    return !error.isFailedSync && !error.isDamage && !isFull
  }

  /// A failed sync is the end: what the kernel dropped cannot be written again, so nothing is tried any more. So are
  /// pages that do not fit together: more writing would make it worse.
  private func judge(_ error: any Error) -> any Error {
    guard error.isFailedSync || error.isDamage else { return error.asRefusedWrite }
    let fatal: LedgerError =
      error.isDamage ? .damaged(path: pool.path, finding: "\(error)") : .syncFailed("\(error)")
    let abandoned = condition.withLock {
      failure = fatal
      isClosed = true
      return waiting.takeAll()
    }
    abandoned.forEach { $0.fail(fatal) }
    return fatal
  }

  /// Moves the write-ahead log into the database now and then, when the callers have their answers. The automatic
  /// checkpoint is off: it would delay them, and hide a failed sync.
  private func checkpointIfDue() {
    guard changes >= 2000 else { return }
    changes = 0
    do {
      try fault(.checkpoint)
      try pool.writeWithoutTransaction { db in
        let log = try db.checkpoint(.passive)
        // Readers kept it from starting anew for long: wait for them once.
        if log.walFrameCount > longestLog { try restartLog(in: db) }
      }
    } catch {
      _ = judge(error)
      // A log that stays is worth another try soon.
      changes = 1900
    }
  }

  /// That readers are still at work is no error, and they are not waited for again before the log has doubled: a backup
  /// reads for long.
  private func restartLog(in db: Database) throws {
    do {
      _ = try db.checkpoint(.restart)
      longestLog = Self.usualLog
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      longestLog *= 2
    }
  }
}

extension Error {
  /// Whether the operating system could not make something durable.
  var isFailedSync: Bool {
    if case .syncFailed = self as? LedgerError { return true }
    guard let error = self as? DatabaseError else { return false }
    return [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC].contains(error.extendedResultCode)
  }

  /// The ledger's own error for a write that the file system refused; any other error as it is.
  fileprivate var asRefusedWrite: any Error {
    guard let error = self as? DatabaseError,
      [.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode)
    else { return self }
    return LedgerError.notWritten(
      cause: error.message ?? "\(error.extendedResultCode)", isFull: error.resultCode == .SQLITE_FULL)
  }
}
