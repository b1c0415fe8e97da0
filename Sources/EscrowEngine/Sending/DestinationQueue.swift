import EscrowCore
import NIOConcurrencyHelpers

/// The queue of one destination: starts senders while there is work and the destination can take it.
struct DestinationQueue: Sendable {
  let destination: Destination
  let context: EngineContext
  private let roster = NIOLockedValueBox(SenderRoster())

  /// The least time between two looks at what is due: each is a transaction, and what comes in the meantime is claimed
  /// with one.
  private static let pause = Duration.milliseconds(10)

  private enum Step {
    case start(Int)
    case wake(Signal)
    case rest
    /// Nil waits for a wake-up without a limit.
    case wait(Duration?)
  }

  init(destination: Destination, context: EngineContext) {
    self.destination = destination
    self.context = context
  }

  /// Whether one more may be sent, as far as others have a say.
  var isOpen: Bool { !context.isDraining && !destination.isRetired && context.stops[destination.name] == nil }

  /// Runs until the process drains or another takes the destination's place, and then until the last sender has ended.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !context.isDraining, !destination.isRetired, !Task.isCancelled {
        switch next() {
        case .start(let number):
          group.addTask { await runSender(number) }
          await rest()
        case .wake(let idle):
          idle.wake()
          await rest()
        case .rest: await rest()
        case .wait(let limit): await destination.queueSignal.wait(atMost: limit)
        }
      }
      roster.withLockedValue { $0.idle }.forEach { $0.wake() }
    }
  }

  private func rest() async { try? await Task.sleep(for: Self.pause) }

  private func next() -> Step {
    let now = context.clock.now()
    let moment = context.clock.monotonic()
    let health = destination.health.current
    return roster.withLockedValue { roster in
      switch health.state {
      case .down(let until) where until > moment: return .wait(until.since(moment))
      case .down:
        // One sender tries, and only it, until it is known how the destination is.
        guard roster.isEmpty else { return .wait(.seconds(1)) }
        destination.health.beginProbe()
        return .start(roster.start())
      case .probing: return .wait(.seconds(1))
      case .up: return step(for: &roster, now: now, moment: moment)
      }
    }
  }

  private func step(for roster: inout SenderRoster, now: Timestamp, moment: MonotonicTime) -> Step {
    // With all senders at work, what is noted stays noted until one ends.
    guard context.stops[destination.name] == nil else { return .wait(nil) }
    let hasRoom = roster.hasRoom(for: destination.peer.associations, at: moment)
    guard roster.hasIdle || hasRoom else { return .wait(nil) }
    let isDue = roster.nextDue.map { $0 <= now } ?? false
    guard destination.hasWork || isDue else { return .wait(roster.nextDue.map { $0.since(now) }) }
    if roster.waitsForIdle(at: .now) { return .rest }
    destination.takeWork()
    if let idle = roster.wakeIdle() { return .wake(idle) }
    return .start(roster.start())
  }

  private func runSender(_ number: Int) async {
    let sender = DestinationSender(number: number, destination: destination, queue: self, context: context)
    let nextDue = await sender.run()
    roster.withLockedValue { roster in
      roster.end(number)
      roster.noteDue(nextDue)
    }
    destination.queueSignal.wake()
  }

  // MARK: For the senders

  /// A sender left something of what is due, or may have: there may be work for one more.
  func noteMore() {
    roster.withLockedValue { $0.hasMore = true }
    destination.noteWork()
  }

  /// Says what a sender is at.
  func note(_ sender: Int, _ phase: SenderRoster.Phase) {
    roster.withLockedValue { $0.note(sender, phase) }
    destination.queueSignal.wake()
  }

  /// Whether an association of ours is open: then a peer that does not answer another is busy, not away.
  var isServed: Bool { roster.withLockedValue { $0.open > 0 } }

  /// The peer serves no more associations than are open now.
  func noteLimit() {
    let moment = context.clock.monotonic()
    roster.withLockedValue { $0.noteLimit(at: moment) }
  }

  /// Waits with an open association for work, at most the peer's idle time, and not at all when it is in the way of
  /// one that waits to be let in or when nothing more is to be sent. Returns whether there may be some.
  func park(_ sender: Int, nextDue: Timestamp?) async -> Bool {
    let idle = destination.peer.timeouts.idle
    guard idle > .zero else { return false }
    let signal = Signal()
    let isIdle = roster.withLockedValue { roster in
      roster.noteDue(nextDue)
      // Who closes the queue does so first, and then wakes everybody who is idle.
      guard !roster.isConnecting, isOpen else { return false }
      roster.note(sender, .idle(signal))
      return true
    }
    guard isIdle else { return false }
    // What was noted before had nobody to be given to.
    if nextDue != nil || destination.hasWork { destination.queueSignal.wake() }
    await signal.wait(atMost: idle)
    let wasWoken = roster.withLockedValue { roster in
      defer { roster.note(sender, .sending) }
      return !roster.idle.contains { $0 === signal }
    }
    return wasWoken && !context.isDraining && !Task.isCancelled
  }
}
