import EscrowCore
import EscrowEngine
import Testing

@Suite struct DestinationHealthTests {
  private let retry = RetryPolicy(first: .seconds(10), max: .seconds(60))
  private let start = Timestamp(microseconds: 1_000_000_000)

  @Test func theFirstFailureIsToldAndTheWaitGrows() {
    var health = DestinationHealth()
    #expect(health.failed("refused", retry: retry, jitter: 0.5, now: start) == .wentDown)
    #expect(health.state == .down(until: start + .seconds(10)))
    #expect(health.failed("refused", retry: retry, jitter: 0.5, now: start) == .none)
    #expect(health.state == .down(until: start + .seconds(20)))
    for _ in 1...5 { _ = health.failed("refused", retry: retry, jitter: 0.5, now: start) }
    #expect(health.state == .down(until: start + .seconds(60)))
    #expect(health.downSince == start)
  }

  @Test func anAssociationMakesItUpAndOnlyAStoredInstanceEndsTheTrouble() {
    var health = DestinationHealth()
    _ = health.failed("A700H", retry: retry, jitter: 0.5, now: start)
    health.beginProbe()
    #expect(health.state == .probing)
    health.associated()
    #expect(health.state == .up)
    #expect(health.failed("A700H", retry: retry, jitter: 0.5, now: start) == .none)
    #expect(health.state == .down(until: start + .seconds(20)))
    health.associated()
    #expect(health.succeeded() == .cameUp)
    #expect(health == DestinationHealth())
    #expect(health.succeeded() == .none)
  }
}
