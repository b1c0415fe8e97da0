import EscrowEngine
import Testing

@Suite struct SignalTests {
  @Test func aWakeUpBeforeTheWaitIsRemembered() async {
    let signal = Signal()
    signal.wake()
    signal.wake()
    await signal.wait()
  }

  @Test func aWaiterIsWoken() async {
    let signal = Signal()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await signal.wait() }
      group.addTask { signal.wake() }
    }
  }

  @Test func cancellationEndsTheWait() async {
    let signal = Signal()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await signal.wait() }
      group.cancelAll()
    }
  }

  @Test func theLimitEndsTheWaitAndLeavesNoWakeUpBehind() async {
    let signal = Signal()
    await signal.wait(atMost: .milliseconds(1))
    let started = ContinuousClock.now
    await signal.wait(atMost: .milliseconds(20))
    #expect(ContinuousClock.now - started >= .milliseconds(20))
  }
}
