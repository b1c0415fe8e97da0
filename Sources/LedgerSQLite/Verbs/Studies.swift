import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func advanceStudies(quiet: Duration, now: Timestamp) async throws -> Timestamp? {
    while try await writer.perform({ try $0.advanceStudies(quiet: quiet, now: now) }) {}
    let next = try await pool.read { try $0.number(WaveStatement.firstOpen) }
    return next.map { Timestamp(microseconds: $0) + quiet }
  }
}

/// The queries that find waves with news.
enum WaveStatement {
  static let columns =
    "id, key, is_study, last_arrival, told, instances, stored, committed, purged, failed"

  /// Up to 500 whose last arrival was at ?1 or before.
  static let quiet = """
    SELECT \(columns) FROM wave INDEXED BY wave_quiet WHERE is_open = 1 AND last_arrival <= ?1
    ORDER BY last_arrival, id LIMIT 500
    """

  /// Up to 500 whose last arrival was after ?1, noted before the clock was put back.
  static let ahead = """
    SELECT \(columns) FROM wave INDEXED BY wave_quiet WHERE is_open = 1 AND last_arrival > ?1
    ORDER BY last_arrival, id LIMIT 500
    """

  /// Up to 500 of which something changed since they were looked at.
  static let changed = """
    SELECT \(columns) FROM wave INDEXED BY wave_changed WHERE is_changed = 1 AND is_open = 0 ORDER BY id LIMIT 500
    """

  static let firstOpen = "SELECT min(last_arrival) FROM wave INDEXED BY wave_quiet WHERE is_open = 1"
}

extension WriteTransaction {
  /// Tells the news of some hundred waves; true when there may be more.
  fileprivate func advanceStudies(quiet: Duration, now: Timestamp) throws -> Bool {
    let ended =
      try db.rows(WaveStatement.quiet, (now - quiet).microseconds, read: WriteTransaction.readWave)
      + db.rows(WaveStatement.ahead, (now + quiet).microseconds, read: WriteTransaction.readWave)
    for (id, wave) in ended { try tellNews(of: wave, id: id, quiet: quiet, now: now) }
    let changed = try db.rows(WaveStatement.changed, read: WriteTransaction.readWave)
    for (id, wave) in changed { try tellNews(of: wave, id: id, quiet: quiet, now: now) }
    return max(ended.count, changed.count) >= 500
  }

  private func tellNews(of wave: StudyWave, id: Int64, quiet: Duration, now: Timestamp) throws {
    var wave = wave
    for event in wave.news(quiet: quiet, now: now) { try tell(event) }
    try db.run(
      "UPDATE wave SET told = ?, is_open = ?, is_changed = 0 WHERE id = ?",
      wave.told.map(\.rawValue).sorted().joined(separator: "\n"), wave.isOpen, id)
  }

  private static func readWave(_ columns: inout Columns) throws -> (Int64, StudyWave) {
    let id: Int64 = columns.next()
    var wave = StudyWave(key: try columns.raw(), isStudy: columns.next(), lastArrival: columns.time())
    wave.told = Set(columns.lines().compactMap(EventKind.init(rawValue:)))
    wave.tally = StudyWave.Tally(
      instances: columns.next(), stored: columns.next(), committed: columns.next(), purged: columns.next(),
      failed: columns.next())
    return (id, wave)
  }
}
