import DICOM
import EscrowCore
import Foundation
import GRDB

/// How the summary of a study is written to and read from its row.
enum SummaryRow {
  private static let columns = """
    key, is_study, patient_id, patient_issuer, accession_number, study_date, modalities, calling_aes, first_arrival, \
    last_arrival, instances, bytes, purged, discarded, first_gone, last_gone, destinations
    """

  static let named = "SELECT \(columns) FROM study_summary WHERE key = ?"

  /// The summary of a study, or of an instance whose study is not known.
  static func find(_ key: UID, in db: Database) throws -> StudySummary? {
    try db.first(named, key.rawValue, read: read)
  }

  static func write(_ summary: StudySummary, in db: Database) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try db.run(
      "INSERT OR REPLACE INTO study_summary (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      summary.key.rawValue, summary.isStudy, summary.patientID, summary.issuerOfPatientID, summary.accessionNumber,
      summary.studyDate, summary.modalities.joined(separator: "\n"), summary.callingAEs.joined(separator: "\n"),
      summary.firstArrival.microseconds, summary.lastArrival.microseconds, summary.instances, summary.bytes,
      summary.purged, summary.discarded, summary.firstGone.microseconds, summary.lastGone.microseconds,
      String(decoding: try encoder.encode(summary.destinations), as: UTF8.self))
  }

  private static func read(_ columns: inout Columns) throws -> StudySummary {
    let key: UID = try columns.raw()
    let isStudy: Bool = columns.next()
    let (patientID, issuer): (String?, String?) = (columns.optional(), columns.optional())
    let (accessionNumber, studyDate): (String?, String?) = (columns.optional(), columns.optional())
    let (modalities, callingAEs) = (columns.lines(), columns.lines())
    let (firstArrival, lastArrival) = (columns.time(), columns.time())
    let (instances, bytes): (Int, Int64) = (columns.next(), columns.next())
    let (purged, discarded): (Int, Int) = (columns.next(), columns.next())
    var summary = StudySummary(key: key, isStudy: isStudy, firstArrival: firstArrival, firstGone: columns.time())
    (summary.patientID, summary.issuerOfPatientID) = (patientID, issuer)
    (summary.accessionNumber, summary.studyDate) = (accessionNumber, studyDate)
    (summary.modalities, summary.callingAEs) = (modalities, callingAEs)
    (summary.lastArrival, summary.lastGone) = (lastArrival, columns.time())
    (summary.instances, summary.bytes, summary.purged, summary.discarded) = (instances, bytes, purged, discarded)
    summary.destinations = try destinations(columns.next())
    return summary
  }

  private static func destinations(_ text: String) throws -> [StudySummary.Destination] {
    guard let read = try? JSONDecoder().decode([StudySummary.Destination].self, from: Data(text.utf8)) else {
      throw LedgerError.malformedRow("destinations of a study: \(text)")
    }
    return read
  }
}
