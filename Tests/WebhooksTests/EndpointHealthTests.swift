import EscrowCore
import Testing

@testable import Webhooks

@Suite struct EndpointHealthTests {
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)

  @Test func isProbedAfterTenFailuresInARow() {
    var health = EndpointHealth()
    for _ in 0..<9 { health.failed(at: now) }
    #expect(health.limit == 4 && health.notBefore == nil)
    health.failed(at: now)
    #expect(health.limit == 1 && health.notBefore == now + .seconds(10))
    health.succeeded()
    #expect(health == EndpointHealth())
  }

  @Test func aSuccessBetweenStartsTheCountAnew() {
    var health = EndpointHealth()
    for count in 0..<30 { if count % 9 == 8 { health.succeeded() } else { health.failed(at: now) } }
    #expect(health.limit == 4)
  }

  @Test func aBusyReceiverIsLetAlone() {
    var health = EndpointHealth()
    health.failed(at: now, retryAfter: .seconds(90))
    health.failed(at: now, retryAfter: .seconds(30))
    #expect(health.limit == 4 && health.notBefore == now + .seconds(90))
  }
}
