import EscrowCore
import Testing

@testable import Webhooks

@Suite struct QueueStateTests {
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)

  private func task(_ id: Int64) -> WebhookTask {
    let event = RecordedEvent(sequence: id, event: EscrowEvent(.ping, at: now))
    return WebhookTask(
      id: id, messageID: "msg_\(id)", endpoint: "ops", event: event, tries: 0, firstTryAt: nil, patientID: nil)
  }

  @Test func asksForMoreThanWhatIsInFlight() {
    var state = QueueState()
    #expect(state.step(at: now) == .fetch(limit: 4, room: 4, inFlight: []))
    state.began([task(1), task(2), task(3)])
    #expect(state.step(at: now) == .fetch(limit: 4, room: 1, inFlight: [1, 2, 3]))
    state.began([task(4)])
    #expect(state.step(at: now) == .waitForRoom)
    state.ended(task(2))
    #expect(state.step(at: now) == .fetch(limit: 4, room: 1, inFlight: [1, 3, 4]))
  }

  @Test func leavesABrokenEndpointAlone() {
    var state = QueueState()
    for _ in 0..<10 { state.health.failed(at: now) }
    #expect(state.step(at: now) == .waitUntil(now + .seconds(10)))
    #expect(state.step(at: now + .seconds(10)) == .fetch(limit: 1, room: 1, inFlight: []))
    state.began([task(1)])
    #expect(state.step(at: now + .seconds(10)) == .waitForRoom)
  }

  @Test func stopsBeforeAllElse() {
    var state = QueueState()
    state.isStopping = true
    #expect(state.step(at: now) == .stop)
  }
}
