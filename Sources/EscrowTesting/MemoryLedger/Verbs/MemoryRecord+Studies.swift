import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/advanceStudies(quiet:now:)``.
  package mutating func advanceStudies(quiet: Duration, now: Timestamp) -> Timestamp? {
    while tellNews(quiet: quiet, now: now) {}
    return openWaves.values.map { waves[$0].wave.lastArrival }.min().map { $0 + quiet }
  }

  /// Tells the news of some hundred waves; true when there may be more.
  private mutating func tellNews(quiet: Duration, now: Timestamp) -> Bool {
    let open = openWaves.values.sorted { (waves[$0].wave.lastArrival, $0) < (waves[$1].wave.lastArrival, $1) }
    let past = open.filter { waves[$0].wave.lastArrival <= now - quiet }.prefix(500)
    let ahead = open.filter { waves[$0].wave.lastArrival > now + quiet }.prefix(500)
    for index in past + ahead { tellNews(of: index, quiet: quiet, now: now) }
    let changed = waves.indices.filter { waves[$0].isChanged && !waves[$0].wave.isOpen }.prefix(500)
    for index in changed { tellNews(of: index, quiet: quiet, now: now) }
    return max(past.count + ahead.count, changed.count) >= 500
  }

  private mutating func tellNews(of index: Int, quiet: Duration, now: Timestamp) {
    for event in waves[index].wave.news(quiet: quiet, now: now) { tell(event) }
    waves[index].isChanged = false
    let wave = waves[index].wave
    if !wave.isOpen, openWaves[wave.key] == index { openWaves[wave.key] = nil }
  }
}
