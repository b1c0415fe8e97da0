import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowTesting
import Testing

/// Days and lists against what is on record.
@Suite struct ReconciliationTests {
  private func withDay(_ zone: String, _ text: String?, _ body: (Reconciliation.Day?) throws -> Void) async throws {
    try await RunningEngine.run(adapt: { $0.timeZone = zone }) { engine in
      try body(Reconciliation(context: engine.context).day(text))
    }
  }

  @Test(arguments: [
    ("UTC", "2026-11-27", "2026-11-27T00:00:00.000Z", 24),
    ("Europe/Vienna", "2026-11-27", "2026-11-26T23:00:00.000Z", 24),
    ("Europe/Vienna", "2026-03-29", "2026-03-28T23:00:00.000Z", 23),
    ("Europe/Vienna", "2026-10-25", "2026-10-24T22:00:00.000Z", 25),
  ])
  func aDayIsThatOfTheTimeZone(zone: String, text: String, start: String, hours: Int) async throws {
    try await withDay(zone, text) { day in
      let day = try #require(day)
      #expect(day.name == text && day.start.rfc3339 == start)
      #expect(day.end == day.start + .hours(hours))
    }
  }

  @Test(arguments: ["2026-02-30", "2026-13-01", "27.11.2026", "2026-1-1", "", "2026-11-27T00:00", "٢٠٢٦-11-27"])
  func whatIsNoDayIsRefused(text: String) async throws {
    try await withDay("UTC", text) { #expect($0 == nil) }
  }

  @Test func todayIsTheDayWithoutAnother() async throws {
    try await withDay("UTC", nil) { day in
      let day = try #require(day)
      #expect(day.start <= Timestamp.now() && Timestamp.now() < day.end)
    }
  }

  @Test func aListIsComparedWithWhatIsOnRecord() async throws {
    try await CommitmentScene.run(CommitmentScene.samples(2)) { scene in
      try await scene.store()
      let request = try await scene.request(1)
      try await scene.report(request, committed: [scene.samples[0].sop])
      let uids = scene.samples.map(\.sop.instanceUID)
      let reconciliation = Reconciliation(context: scene.engine.context)
      try await scene.engine.eventually("the report is applied") {
        try await reconciliation.compare(uids).unsafe.count == 1
      }
      let comparison = try await reconciliation.compare(uids + ["1.2.3"])
      #expect(comparison.missing == ["1.2.3"])
      #expect(comparison.unsafe.map(\.uid) == [uids[1]])
      #expect(comparison.unsafe.first?.reason.hasPrefix("the delivery to archive is") == true)
      #expect(comparison.states.values.reduce(0, +) == 2)
    }
  }
}
