import DICOMNetwork
import EscrowCore
import NIOConcurrencyHelpers

/// What all associations to one destination take together of one limit.
final class DestinationPace: SendingPace {
  let writeSize: Int
  private let bucket: NIOLockedValueBox<TokenBucket>
  private let clock: EngineClock

  /// - Parameter rate: bytes a second.
  init(rate: Int64, clock: EngineClock) {
    // A fifth of a second's worth, so that a peer never hears nothing for long, and at least a small PDU.
    writeSize = Int(min(max(rate / 5, 4096), 1 << 20))
    bucket = NIOLockedValueBox(TokenBucket(rate: rate))
    self.clock = clock
  }

  func take(_ count: Int) -> Duration {
    let moment = clock.monotonic()
    return bucket.withLockedValue { $0.take(count, at: moment) }
  }
}
