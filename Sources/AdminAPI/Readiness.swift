import NIOConcurrencyHelpers

/// Whether the DICOM listener accepts associations, and on which port.
package final class Readiness: Sendable {
  private let listening = NIOLockedValueBox<Int?>(nil)

  package init() {}

  package var isListening: Bool { port != nil }
  package var port: Int? { listening.withLockedValue { $0 } }

  package func isListening(on port: Int) { listening.withLockedValue { $0 = port } }

  /// Waits until it listens; false when it does not within `patience`, or will not any more.
  func isListening(within patience: Duration, unless isOver: () -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + patience
    while !isListening, !isOver(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
    return isListening
  }
}
