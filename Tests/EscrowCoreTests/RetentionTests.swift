import EscrowCore
import Testing

@Suite struct RetentionTests {
  @Test(arguments: [
    (Retention.after(.hours(1)), Retention.after(.hours(2)), Retention.after(.hours(2))),
    (.after(.zero), .after(.zero), .after(.zero)),
    (.never, .after(.days(9999)), .never),
    (.never, .never, .never),
  ])
  func theLongerWins(_ left: Retention, _ right: Retention, _ longer: Retention) {
    #expect(left.merged(with: right) == longer)
    #expect(right.merged(with: left) == longer)
  }

  @Test func isADayWhenARouteSaysNothing() {
    #expect(Retention.standard == .after(.seconds(86400)))
  }
}
