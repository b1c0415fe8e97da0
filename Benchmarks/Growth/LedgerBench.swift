import DICOM
import EscrowCore
import Foundation
import LedgerSQLite

/// Measures each verb and query of the ledger over a backlog.
///
/// Whatever is asked for is there at the smallest size as well: pages are full, and every claim gets as many.
final class LedgerBench {
  let path: String
  let backlog: Backlog
  var stopwatch = Stopwatch()
  private var moment: Timestamp

  init(path: String, backlog: Backlog) {
    self.path = path
    self.backlog = backlog
    moment = backlog.end
  }

  func measure() async throws {
    try await start()
    let ledger = try SQLiteLedger.open(path: path)
    _ = try await ledger.recover(now: tick())
    // The program that was started on it was told to send nothing, and saw that it is another year.
    for alarm in try await ledger.alarms() {
      try await ledger.clear(alarm.kind, subject: alarm.subject, event: nil)
    }
    try await pages(ledger)
    try await lookups(ledger)
    try await road(ledger)
    try await operating(ledger)
    try await upkeep(ledger)
    try await ledger.close()
  }

  /// Time goes on by a little each time it is asked for.
  func tick(_ step: Duration = .milliseconds(1)) -> Timestamp {
    moment = moment + step
    return moment
  }

  /// What recovery asks for before anything is received.
  private func start() async throws {
    try await stopwatch.time("open and recover", repetitions: 3) { _ in
      let ledger = try SQLiteLedger.open(path: path)
      _ = try await ledger.recover(now: tick())
      _ = try await ledger.openDestinations()
      _ = try await ledger.sources()
      try await ledger.close()
    }
  }
}

/// A verb did not do what it is measured for.
struct Unchanged: Error {
  let verb: String
}
