import DICOM
import DICOMNetwork
import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// Records rejected associations, once a minute for each caller so that a flood fills neither disk nor log.
final class RejectionLog: Sendable {
  private struct Key: Hashable {
    let aeTitle: AETitle
    let address: String
  }

  private static let maximumCallers = 1000
  private let last = NIOLockedValueBox<[Key: MonotonicTime]>([:])

  func record(_ text: String, callingAE: AETitle, remote: RemoteEndpoint, context: EngineContext) async {
    guard isDue(Key(aeTitle: callingAE, address: remote.address), at: context.clock.monotonic()) else { return }
    let caller = "\(callingAE.rawValue.escaped)@\(remote.address)"
    context.logger.warning("association rejected: \(text)", metadata: ["peer": "\(caller)"])
    do {
      try await context.ledger.tell(
        EscrowEvent(.associationRejected, at: context.clock.now(), reason: text, actor: caller))
      context.webhooks()
    } catch {
      context.logger.error("a rejected association could not be recorded: \(error)", metadata: ["peer": "\(caller)"])
    }
  }

  private func isDue(_ key: Key, at now: MonotonicTime) -> Bool {
    last.withLockedValue { last in
      if let previous = last[key], now < previous + .seconds(60) { return false }
      if last.count >= Self.maximumCallers { last.removeAll() }
      last[key] = now
      return true
    }
  }
}
