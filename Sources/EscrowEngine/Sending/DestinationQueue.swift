import EscrowCore
import NIOConcurrencyHelpers

/// The queue of one destination: starts senders while there is work and the destination can take it.
struct DestinationQueue: Sendable {
  let destination: Destination
  let context: EngineContext
  private let senders = NIOLockedValueBox(Senders())

  /// What is known of the senders and of the work.
  private struct Senders {
    var running = 0
    /// Those of them that keep an association open and wait for work.
    var idle: [Signal] = []
    /// When a delivery that was not due at the last look becomes due.
    var nextDue: Timestamp?

    /// What one sender saw does not undo what another saw; a look too many finds nothing due.
    mutating func noteDue(_ due: Timestamp?) {
      guard let due else { return }
      nextDue = nextDue.map { min($0, due) } ?? due
    }
  }

  private enum Step {
    case start
    case wake(Signal)
    /// Nil waits for a wake-up without a limit.
    case wait(Duration?)
  }

  init(destination: Destination, context: EngineContext) {
    self.destination = destination
    self.context = context
  }

  /// Runs until the process drains, and then until the last sender has ended.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !context.isDraining, !Task.isCancelled {
        switch next() {
        case .start: group.addTask { await runSender() }
        case .wake(let idle): idle.wake()
        case .wait(let limit):
          await destination.queueSignal.wait(atMost: limit)
        }
      }
      senders.withLockedValue { $0.idle }.forEach { $0.wake() }
    }
  }

  private func next() -> Step {
    let now = context.clock.now()
    let moment = context.clock.monotonic()
    let health = destination.health.current
    return senders.withLockedValue { senders in
      switch health.state {
      case .down(let until) where until > moment: return .wait(until.since(moment))
      case .down:
        // One sender tries, and only it, until it is known how the destination is.
        guard senders.running == 0 else { return .wait(.seconds(1)) }
        destination.health.beginProbe()
        senders.running = 1
        return .start
      case .probing: return .wait(.seconds(1))
      case .up: return step(for: &senders, now: now)
      }
    }
  }

  private func step(for senders: inout Senders, now: Timestamp) -> Step {
    // With all senders at work, what is noted stays noted until one ends.
    guard !senders.idle.isEmpty || senders.running < destination.peer.associations else { return .wait(nil) }
    let isDue = senders.nextDue.map { $0 <= now } ?? false
    guard destination.takeWork() || isDue else { return .wait(senders.nextDue.map { $0.since(now) }) }
    senders.nextDue = nil
    if let idle = senders.idle.popLast() { return .wake(idle) }
    senders.running += 1
    return .start
  }

  private func runSender() async {
    let nextDue = await DestinationSender(destination: destination, queue: self, context: context).run()
    senders.withLockedValue { senders in
      senders.running -= 1
      senders.noteDue(nextDue)
    }
    destination.queueSignal.wake()
  }

  // MARK: For the senders

  /// A sender took a full batch: there may be work for one more.
  func noteMore() { destination.noteWork() }

  /// Waits with an open association for work, at most the peer's idle time. Returns whether there may be some.
  func park(nextDue: Timestamp?) async -> Bool {
    let idle = destination.peer.timeouts.idle
    guard idle > .zero, !context.isDraining else { return false }
    let signal = Signal()
    senders.withLockedValue { senders in
      senders.idle.append(signal)
      senders.noteDue(nextDue)
    }
    if nextDue != nil { destination.queueSignal.wake() }
    await signal.wait(atMost: idle)
    let wasWoken = senders.withLockedValue { senders in
      let index = senders.idle.firstIndex { $0 === signal }
      if let index { senders.idle.remove(at: index) }
      return index == nil
    }
    return wasWoken && !context.isDraining && !Task.isCancelled
  }
}
