import EscrowCore

/// When which part of the spool is read again: each of its 256 parts has a turn, and each turn comes once in a round.
///
/// The turn follows from the time alone, so a process that starts goes on where the one before it was.
struct ScrubSchedule {
  /// How long until every file was read.
  var round = Duration.days(7)

  /// A file belongs to the part that its name ends in.
  static let parts = 256

  /// The number of the turn at a time.
  func turn(at now: Timestamp) -> Int64 { now.microseconds / (round.microseconds / Int64(Self.parts)) }

  /// What the names of a turn's files end in.
  func ending(of turn: Int64) -> String {
    let part = String(turn % Int64(Self.parts), radix: 16)
    return part.count == 1 ? "0\(part)" : part
  }

  /// The turn after `last` that is due; nil when none is. One that missed a whole round begins a new one.
  func next(after last: Int64, now: Timestamp) -> Int64? {
    let current = turn(at: now)
    // The clock was put back.
    guard last <= current else { return current }
    return last == current ? nil : max(last + 1, current - Int64(Self.parts) + 1)
  }
}

/// How fast files are read again, so that whoever sends and receives does not notice.
struct ScrubPace {
  var bytesPerSecond: Int64 = 20_000_000
  /// What opening a file counts as.
  var bytesPerFile: Int64 = 65_536
  /// How long to wait after the disk failed to give a file.
  var afterFailure = Duration.seconds(15)

  /// How long to wait after so much was read.
  func wait(afterReading bytes: Int64) -> Duration { .microseconds(bytes * 1_000_000 / bytesPerSecond) }
}
