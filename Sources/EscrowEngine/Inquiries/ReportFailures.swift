import EscrowCore
import NIOConcurrencyHelpers

/// How often in a row each peer could not be told.
final class ReportFailures: Sendable {
  private let counts = NIOLockedValueBox<[PeerName: Int]>([:])

  func next(for peer: PeerName) -> Int {
    counts.withLockedValue { counts in
      counts[peer, default: 0] += 1
      return counts[peer] ?? 1
    }
  }

  func reset(for peer: PeerName) { counts.withLockedValue { $0[peer] = nil } }
}
