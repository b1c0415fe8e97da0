import EscrowCore
import Testing

@testable import EscrowEngine

/// What is known of a sender, while it sends and the ledger is asked.
@Suite struct SourceWatchTests {
  private let watch = SourceWatch(start: Self.moment(0))

  private static func moment(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

  private func record(_ bytes: Int64) -> [SourceRecord] {
    [SourceRecord("ct", lastReceived: Self.moment(1), bytes: bytes)]
  }

  @Test func theLedgerHasTheLastWord() async throws {
    watch.received(70, from: "ct", at: Self.moment(2))
    try await watch.refresh { record(50) }
    #expect(watch.bytes(of: "ct") == 50)
    #expect(watch.heard("ct") == Self.moment(2))
  }

  @Test func whatComesWhileTheLedgerIsAskedCounts() async throws {
    watch.received(70, from: "ct", at: Self.moment(2))
    try await watch.refresh {
      watch.received(20, from: "ct", at: Self.moment(3))
      return record(70)
    }
    #expect(watch.bytes(of: "ct") == 90)
    try await watch.refresh { record(90) }
    #expect(watch.bytes(of: "ct") == 90)
  }

  /// What the ledger knows already counts once, whether we hear of it before its answer or after.
  @Test func nothingCountsTwice() async throws {
    try await watch.refresh { record(10) }
    try await watch.refresh {
      watch.received(40, from: "ct", at: Self.moment(2))
      return record(50)
    }
    #expect(watch.bytes(of: "ct") == 50)
    try await watch.admitting(from: "ct") {
      try await watch.refresh { record(70) }
      watch.received(20, from: "ct", at: Self.moment(3))
    }
    #expect(watch.bytes(of: "ct") == 70)
    try await watch.refresh { record(30) }
    #expect(watch.bytes(of: "ct") == 30)
  }

  /// An admission that failed may be in the ledger all the same.
  @Test func whatWasNotCountedHereIsOnceTheSenderIsQuiet() async throws {
    struct Failure: Error {}
    await #expect(throws: Failure.self) {
      try await watch.admitting(from: "ct") {
        try await watch.refresh { record(40) }
        throw Failure()
      }
    }
    #expect(watch.bytes(of: "ct") == 0)
    try await watch.refresh { record(40) }
    #expect(watch.bytes(of: "ct") == 40)
  }

  @Test func anAnswerThatALaterOneHasOvertakenDoesNot() async throws {
    try await watch.refresh {
      try await watch.refresh { record(10) }
      return record(80)
    }
    #expect(watch.bytes(of: "ct") == 10)
  }

  @Test func anAnswerThatNeverComesChangesNothing() async throws {
    struct Silence: Error {}
    watch.received(70, from: "ct", at: Self.moment(2))
    await #expect(throws: Silence.self) { try await watch.refresh { throw Silence() } }
    #expect(watch.bytes(of: "ct") == 70)
    try await watch.refresh { record(60) }
    #expect(watch.bytes(of: "ct") == 60)
  }
}
