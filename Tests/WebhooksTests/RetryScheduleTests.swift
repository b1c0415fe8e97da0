import EscrowCore
import Testing

@testable import Webhooks

@Suite struct RetryScheduleTests {
  static let start = Timestamp(microseconds: 1_800_000_000_000_000)

  private func task(tries: Int, first: Timestamp? = start) -> WebhookTask {
    let event = RecordedEvent(sequence: 1, event: EscrowEvent(.ping, at: Self.start))
    return WebhookTask(
      id: 1, messageID: "msg_1", endpoint: "ops", event: event, tries: tries, firstTryAt: first, patientID: nil)
  }

  @Test(arguments: [
    (0, 5), (1, 30), (2, 120), (3, 600), (4, 1800), (5, 7200), (6, 18_000), (7, 36_000), (8, 43_200), (30, 43_200),
  ])
  func waitsLongerAndLonger(tries: Int, seconds: Int) {
    let now = Self.start + .minutes(1)
    let next = { RetrySchedule.next(after: self.task(tries: tries), now: now, random: $0) }
    #expect(next(0.5) == .again(at: now + .seconds(seconds)))
    #expect(next(0) == .again(at: now + .milliseconds(seconds * 900)))
    #expect(next(1) == .again(at: now + .milliseconds(seconds * 1100)))
  }

  @Test func endsThreeDaysAfterTheFirstTry() {
    let last = Self.start + .days(3) - .hours(12)
    #expect(RetrySchedule.next(after: task(tries: 9), now: last, random: 0.5) == .again(at: Self.start + .days(3)))
    let after = last + .microseconds(1)
    #expect(RetrySchedule.next(after: task(tries: 9), now: after, random: 0.5) == .deadLetter)
  }

  @Test(arguments: [(1, 5), (60, 60), (3600, 3600), (86_400, 3600)])
  func obeysTheReceiversWishUpToAnHour(wish: Int, wait: Int) {
    let next = RetrySchedule.next(
      after: task(tries: 0), retryAfter: .seconds(wish), now: Self.start, random: 0.5)
    #expect(next == .again(at: Self.start + .seconds(wait)))
  }
}
