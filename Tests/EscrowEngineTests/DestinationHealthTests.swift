import EscrowCore
import EscrowEngine
import Testing

@Suite struct DestinationHealthTests {
  private let retry = RetryPolicy(first: .seconds(10), max: .seconds(60))
  private let start = Timestamp(microseconds: 1_000_000_000)
  private let moment = MonotonicTime(nanoseconds: 5_000)

  private func fail(_ health: inout DestinationHealth, _ trouble: DestinationHealth.Trouble) -> DestinationHealth.Change
  {
    health.failed("no", trouble: trouble, retry: retry, jitter: 0.5, now: start, moment: moment)
  }

  @Test func theFirstFailureIsToldAndTheWaitGrows() {
    var health = DestinationHealth()
    #expect(fail(&health, .unreachable) == .wentDown)
    #expect(health.state == .down(until: moment + .seconds(10)))
    #expect(fail(&health, .unreachable) == .none)
    #expect(health.state == .down(until: moment + .seconds(20)))
    for _ in 1...5 { _ = fail(&health, .unreachable) }
    #expect(health.state == .down(until: moment + .seconds(60)))
    #expect(health.downSince == start)
  }

  @Test func anAssociationEndsTheTroubleOfOneThatWasUnreachable() {
    var health = DestinationHealth()
    _ = fail(&health, .unreachable)
    #expect(health.associated() == .cameUp)
    #expect(health.state == .up)
    #expect(health.downSince == nil && health.reason == nil)
    #expect(health.associated() == .none)
  }

  @Test func oneThatRefusesIsTriedAfterItsWaitAndOnlyAStoredInstanceEndsTheTrouble() {
    var health = DestinationHealth()
    _ = fail(&health, .refusing)
    #expect(health.associated() == .none)
    #expect(health.state == .down(until: moment + .seconds(10)), "somebody else's association lifts no pause")
    health.beginProbe()
    #expect(health.state == .probing)
    #expect(health.associated() == .none)
    #expect(health.state == .up)
    #expect(health.downSince == start)
    #expect(fail(&health, .refusing) == .none)
    #expect(health.state == .down(until: moment + .seconds(20)))
    health.beginProbe()
    #expect(health.associated() == .none)
    #expect(health.succeeded() == .cameUp)
    #expect(health == DestinationHealth())
    #expect(health.succeeded() == .none)
  }

  @Test func thatItCannotBeReachedNowAndThenDoesNotMakeUpForThatItStoresNothing() {
    var health = DestinationHealth()
    _ = fail(&health, .refusing)
    _ = fail(&health, .unreachable)
    health.beginProbe()
    #expect(health.associated() == .none)
    #expect(health.downSince == start)
    #expect(health.succeeded() == .cameUp)
  }

  @Test func oneThatForbidsIsTriedOnlyNowAndThen() {
    var health = DestinationHealth()
    #expect(fail(&health, .forbidding) == .wentDown)
    #expect(health.state == .down(until: moment + .minutes(15)))
  }

  @Test func anAlarmOfTheLastRunMakesItDownAndTriedAtOnce() {
    var health = DestinationHealth()
    health.restore(downSince: start, reason: "no", moment: moment)
    #expect(health.state == .down(until: moment))
    #expect(health.downSince == start)
    health.beginProbe()
    #expect(health.associated() == .cameUp)
  }

  @Test func whoWaitsForItHasItTriedNow() {
    var health = DestinationHealth()
    health.hurry(moment: moment)
    #expect(health.state == .up)
    _ = fail(&health, .forbidding)
    health.hurry(moment: moment + .seconds(1))
    #expect(health.state == .down(until: moment + .seconds(1)))
    #expect(health.failures == 1)
    health.beginProbe()
    health.hurry(moment: moment + .seconds(2))
    #expect(health.state == .probing)
  }
}
