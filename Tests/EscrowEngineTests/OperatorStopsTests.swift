import EscrowCore
import EscrowEngine
import Testing

/// What operators stopped at the same time.
@Suite struct OperatorStopsTests {
  private static func alarm(_ kind: AlarmKind, _ subject: String) -> Alarm {
    Alarm(kind, subject: subject, since: .now(), text: "\(kind)")
  }

  @Test func aReadingThatEndsLateDoesNotUndoALaterOne() async throws {
    let stops = OperatorStops()
    try await stops.note {
      try await stops.note { [Self.alarm(.destinationPaused, "archive"), Self.alarm(.maintenance, "intake")] }
      return []
    }
    #expect(stops["archive"]?.kind == .destinationPaused)
    #expect(stops.intake?.kind == .maintenance)
    try await stops.note { [Self.alarm(.destinationRetired, "research")] }
    #expect(stops["archive"] == nil && stops.intake == nil)
    #expect(stops["research"]?.kind == .destinationRetired)
  }

  @Test func aReadingThatFailsHidesNoOther() async throws {
    let stops = OperatorStops()
    try await stops.note {
      await #expect(throws: CancellationError.self) { try await stops.note { throw CancellationError() } }
      return [Self.alarm(.destinationPaused, "archive")]
    }
    #expect(stops["archive"] != nil)
  }
}
