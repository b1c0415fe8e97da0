import DICOM
import EscrowCore
import Foundation
import LedgerSQLite

/// So many queued deliveries: ten instances a study, the studies over twenty destinations in turn.
struct Backlog: Sendable {
  static let destinations = (0..<20).map { PeerName("d\($0)") }
  static let perStudy = 10
  static let endpoint = "https://hooks.example/"

  let count: Int
  /// When the first came; each of the others came a millisecond after the one before.
  private let start = Timestamp(microseconds: 1_700_000_000_000_000)

  init(count: Int) { self.count = count }

  /// A moment after all of it was received.
  var end: Timestamp { moment(2 * count) }

  /// Records it, with a file of no bytes in the spool for each instance, and ends the studies' quiet times.
  func fill(_ path: String, spool: String) async throws {
    let ledger = try SQLiteLedger.open(path: path)
    try await ledger.subscribe(
      [EndpointSubscription(name: Self.endpoint, url: Self.endpoint, events: [.studyReceived])], now: start)
    // As many at once as go well into one transaction.
    for first in stride(from: 0, to: count, by: 2000) {
      let admissions = (first..<min(first + 2000, count)).map(admission)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for admission in admissions {
          group.addTask { _ = try await ledger.admit(admission, now: admission.receivedAt) }
        }
        try await group.waitForAll()
      }
      for admission in admissions { try Data().write(to: Self.file(of: admission.id, in: spool)) }
    }
    _ = try await ledger.advanceStudies(quiet: .zero, now: end)
    try await ledger.close()
  }

  private static func file(of id: InstanceID, in spool: String) -> URL {
    URL(filePath: spool).appending(path: "\(id.rawValue.suffix(2))/\(id.rawValue).dcm")
  }

  // MARK: Content

  private func moment(_ number: Int) -> Timestamp { start + .milliseconds(number) }

  func study(_ number: Int) -> UID { UID("1.2.826.0.1.3680043.10.995.\(number / Self.perStudy)") }

  func sop(_ number: Int) -> SOPInstance {
    SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: UID("1.2.826.0.1.3680043.10.994.\(number)"))
  }

  /// The instance with a number; those from ``count`` on come later.
  func admission(_ number: Int) -> Admission {
    let study = number / Self.perStudy
    let moment = moment(number)
    let delivery = PlannedDelivery(
      to: Self.destinations[study % Self.destinations.count], proof: .commitment, routes: ["all"])
    return Admission(
      id: .new(at: moment), sop: sop(number), transferSyntax: "1.2.840.10008.1.2.1",
      attributes: InstanceAttributes(
        patientID: "P\(study / 2)", accessionNumber: "A\(study)", studyInstanceUID: self.study(number),
        seriesInstanceUID: UID("\(self.study(number)).1"), modality: "CT", studyDate: "20260101"),
      source: Source(
        callingAE: AETitle("CT\(study % 5)"), calledAE: "ESCROW", address: "10.0.0.\(study % 5)",
        peer: PeerName("ct\(study % 5)"),
        association: "a\(study)"),
      receivedAt: moment, dataSetLength: 525_000, digest: Digest(high: UInt64(number), low: 7),
      plan: RoutingPlan(deliveries: [delivery], retention: .after(.hours(1)), routes: ["all"]))
  }
}
