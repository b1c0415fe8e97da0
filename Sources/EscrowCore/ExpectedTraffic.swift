/// When a peer is expected to send, so that its silence is a sign of trouble.
package struct ExpectedTraffic: Sendable, Equatable {
  /// Its hours, in the router's time zone; nil at any time.
  package var hours: [TimeWindow]?
  /// How long it may be silent within its hours.
  package var silence: Duration

  package init(hours: [TimeWindow]? = nil, silence: Duration = .hours(2)) {
    self.hours = hours
    self.silence = silence
  }

  /// Whether all of the time that it may be silent has passed within its hours since it was heard.
  package func isSilent(since heard: Timestamp, now: Timestamp, timeZone: String) -> Bool {
    guard now.since(heard) >= silence else { return false }
    guard let hours else { return true }
    let timetable = Timetable(hours, timeZone: timeZone)
    // Looked at often enough to see every pause that matters.
    let steps = 60
    return (0...steps).allSatisfy { step in
      timetable.isOpen(at: now - .microseconds(silence.microseconds * Int64(step) / Int64(steps)))
    }
  }
}
