import EscrowCore
import EscrowSpool
import Glibc
import Logging
import NIOConcurrencyHelpers

/// Reads waiting files again, and finds those that are not what was received any more before they are needed.
///
/// After a process that did not end orderly, what arrived in its last day comes first.
final class Scrub: Sendable {
  private struct State {
    var last: Int64?
    /// Files whose damage was told and changed nothing, since they are proved elsewhere.
    var told: Set<InstanceID> = []
    var recentIsDone: Bool
  }

  private let context: EngineContext
  private let schedule: ScrubSchedule
  private let pace: ScrubPace
  private let startedAt: Timestamp
  private let state: NIOLockedValueBox<State>

  /// What is read before others get the thread.
  private static let chunk = 1 << 20
  private static let page = 200
  private static let recent = Duration.hours(24)
  /// So often a file is read that the disk does not give.
  private static let attempts = 5

  init(context: EngineContext, schedule: ScrubSchedule = ScrubSchedule(), pace: ScrubPace = ScrubPace()) {
    self.context = context
    self.schedule = schedule
    self.pace = pace
    startedAt = context.clock.now()
    state = NIOLockedValueBox(State(recentIsDone: context.predecessorEnded))
  }

  /// Reads everything whose turn has come.
  func proceed() async throws {
    if !state.withLockedValue({ $0.recentIsDone }) {
      try await check(after: .first(at: startedAt - Self.recent), ending: "")
      guard !context.isDraining else { return }
      state.withLockedValue { $0.recentIsDone = true }
    }
    while !context.isDraining, let turn = nextTurn() {
      try await check(after: nil, ending: schedule.ending(of: turn))
      state.withLockedValue { $0.last = turn }
    }
  }

  private func nextTurn() -> Int64? {
    let now = context.clock.now()
    let last = state.withLockedValue { $0.last } ?? schedule.turn(at: now) - 1
    return schedule.next(after: last, now: now)
  }

  private func check(after start: InstanceID?, ending: String) async throws {
    var last = start
    while !context.isDraining {
      let files = try await context.ledger.files(after: last, ending: ending, limit: Self.page)
      guard let end = files.last else { return }
      for entry in files where entry.state.hasFile && !isTold(entry.file) && !context.isDraining {
        try await check(entry)
      }
      last = end.file
    }
  }

  private func isTold(_ file: InstanceID) -> Bool { state.withLockedValue { $0.told.contains(file) } }

  private func check(_ entry: ExpectedFile) async throws {
    do {
      try await readPatiently(entry)
    } catch let error as SpoolError where error.isLoss {
      try await tell(entry, error)
    } catch let error as SpoolError {
      // Perhaps next time: its rights, or too many open files. The others are not to wait for it.
      context.logger.warning("could not be read again: \(error)", metadata: ["instance": "\(entry.instance)"])
    }
  }

  /// A disk that fails to answer once must not condemn a file: what stays unreadable is lost.
  private func readPatiently(_ entry: ExpectedFile) async throws {
    for _ in 1..<Self.attempts {
      do {
        return try await read(entry)
      } catch let error as SpoolError where error.code == EIO {
        try await Task.sleep(for: pace.afterFailure)
      }
    }
    try await read(entry)
  }

  private func read(_ entry: ExpectedFile) async throws {
    let reader = try await context.pool.runIfActive { [spool = context.spool] in
      try spool.open(entry.file, dataSetLength: entry.dataSetLength, digest: entry.digest)
    }
    try await Task.sleep(for: pace.wait(afterReading: pace.bytesPerFile))
    while !context.isDraining {
      let count = try await context.pool.runIfActive { try reader.check(Self.chunk) }
      if count == 0 { return }
      try await Task.sleep(for: pace.wait(afterReading: Int64(count)))
    }
  }

  /// Records the damage, unless the file has been removed or replaced in the meantime, as it should be.
  private func tell(_ entry: ExpectedFile, _ error: SpoolError) async throws {
    guard let instance = try await context.ledger.instance(entry.instance), instance.file == entry.file,
      instance.state.hasFile
    else { return }
    context.logger.error("found when it was read again: \(error)", metadata: ["instance": "\(entry.instance)"])
    try await context.ledger.markDamaged(
      entry.instance, file: entry.file, reason: "\(error)", now: context.clock.now())
    _ = state.withLockedValue { $0.told.insert(entry.file) }
    context.wakeFollowers()
  }
}

extension InstanceID {
  /// Before every id made at `time` or later.
  static func first(at time: Timestamp) -> InstanceID {
    var zeros = Zeros()
    return .new(at: time, using: &zeros)
  }

  private struct Zeros: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0 }
  }
}
