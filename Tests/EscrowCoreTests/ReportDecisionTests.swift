import EscrowCore
import Testing

@Suite struct ReportDecisionTests {
  static let now = Timestamp(microseconds: 1_800_000_000_000_000)
  let policy = CommitmentPolicy(askAgain: [.minutes(10), .minutes(30)], asksBeforeResend: 5, maxResends: 3)

  func judge(_ reason: UInt16, asks: Int = 1, resends: Int = 0) -> ReportDecision {
    .judge(reason: reason, asks: asks, resends: resends, policy: policy, now: Self.now)
  }

  @Test(arguments: [0x0119, 0x0122] as [UInt16]) func isPermanent(_ reason: UInt16) {
    #expect(judge(reason) == .permanent)
  }

  @Test func sendsAgainWhatTheDestinationDoesNotHave() {
    #expect(judge(0x0112) == .resend(notBefore: Self.now + .seconds(5)))
    #expect(judge(0x0112, resends: 1) == .resend(notBefore: Self.now + .seconds(10)))
    #expect(judge(0x0112, resends: 2) == .resend(notBefore: Self.now + .seconds(20)))
    #expect(judge(0x0112, resends: 3) == .permanent)
  }

  @Test(arguments: [0x0131, 0x0213, 0x0110, 0x0000, 0xFFFF] as [UInt16])
  func asksAgainFirstThenSendsAgainThenGivesUp(_ reason: UInt16) {
    #expect(judge(reason, asks: 1) == .askAgain(notBefore: Self.now + .minutes(10)))
    #expect(judge(reason, asks: 2) == .askAgain(notBefore: Self.now + .minutes(30)))
    #expect(judge(reason, asks: 4) == .askAgain(notBefore: Self.now + .minutes(30)))
    #expect(judge(reason, asks: 5) == .resend(notBefore: Self.now + .seconds(5)))
    #expect(judge(reason, asks: 5, resends: 3) == .permanent)
  }

  @Test func theLastIntervalRepeats() {
    let policy = CommitmentPolicy()
    #expect(
      (0...7).map(policy.wait(afterOpening:)).map(\.inSeconds) == [600, 600, 1800, 7200, 28800, 86400, 86400, 86400])
    #expect(CommitmentPolicy(askAgain: []).wait(afterOpening: 3) == .minutes(10))
  }
}
