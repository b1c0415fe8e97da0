import EscrowCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What all associations of one sender take together of its rate.
final class SourcePace: Sendable {
  let rate: Int64
  private let bucket: NIOLockedValueBox<TokenBucket>
  private let clock: EngineClock

  /// - Parameter rate: bytes a second.
  init(rate: Int64, clock: EngineClock) {
    self.rate = rate
    self.clock = clock
    bucket = NIOLockedValueBox(TokenBucket(rate: rate))
  }

  /// Counts what came; returns how long nothing more should come.
  func take(_ count: Int) -> Duration {
    let moment = clock.monotonic()
    return bucket.withLockedValue { bucket in
      _ = bucket.take(count, at: moment)
      // What a take of nothing would wait for is what was taken too early.
      return bucket.take(0, at: moment)
    }
  }
}

/// The paces of the senders that have one.
final class SourcePaces: Sendable {
  private let paces = NIOLockedValueBox<[PeerName: SourcePace]>([:])

  /// That of a peer by its rules; nil when it has no limit.
  func pace(of peer: Peer, clock: EngineClock) -> SourcePace? {
    paces.withLockedValue { paces in
      guard let rate = peer.intake.maxRate else {
        paces[peer.name] = nil
        return nil
      }
      if let pace = paces[peer.name], pace.rate == rate { return pace }
      let pace = SourcePace(rate: rate, clock: clock)
      paces[peer.name] = pace
      return pace
    }
  }
}

/// Lets more of a data set come when the spool has room for it and its sender's rate allows it.
final class IntakeGate: Sendable {
  private struct State {
    /// What is waited for; an end that comes before its wait is told counts as well.
    var open = 0
    var isHeld = false
  }

  private let state = NIOLockedValueBox(State())
  private let resume: @Sendable () -> Void

  init(resume: @escaping @Sendable () -> Void) { self.resume = resume }

  /// A fragment came. Returns whether more may come now; if not, more is asked for later.
  func pass(hasRoom: Bool, wait: Duration) -> Bool {
    let mayGoOn = state.withLockedValue { state in
      state.open += (hasRoom ? 0 : 1) + (wait > .zero ? 1 : 0)
      state.isHeld = state.open > 0
      return !state.isHeld
    }
    if wait > .zero {
      MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(wait)) { self.end() }
    }
    return mayGoOn
  }

  /// One of the things that were waited for is over.
  func end() {
    let isOver = state.withLockedValue { state in
      state.open -= 1
      guard state.isHeld, state.open == 0 else { return false }
      state.isHeld = false
      return true
    }
    if isOver { resume() }
  }
}
