import EscrowCore
import Testing

@Suite struct RetryPolicyTests {
  let policy = RetryPolicy(first: .seconds(30), max: .minutes(15))

  @Test(arguments: [(0, 30), (1, 30), (2, 60), (3, 120), (5, 480), (6, 900), (7, 900), (64, 900), (Int.max, 900)])
  func doublesUpToItsMaximum(_ failures: Int, _ seconds: Int) {
    #expect(policy.wait(afterFailures: failures, jitter: 0.5) == .seconds(seconds))
  }

  @Test func jitterSpreadsByAQuarter() {
    #expect(policy.wait(afterFailures: 1, jitter: 0) == .milliseconds(22_500))
    #expect(policy.wait(afterFailures: 1, jitter: 1) == .milliseconds(37_500))
    #expect(policy.wait(afterFailures: 99, jitter: 1) == .seconds(1125))
  }

  @Test func defaultsAreHalfAMinuteToAQuarterOfAnHour() {
    #expect(RetryPolicy() == RetryPolicy(first: .seconds(30), max: .seconds(900), alarmAfter: .seconds(3600)))
  }
}
