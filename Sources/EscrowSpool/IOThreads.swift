package import NIOPosix

/// Where work is done that blocks: on threads made for it, or at once by whoever asks.
package struct IOThreads: Sendable {
  private let pool: NIOThreadPool?

  /// Threads that are started already.
  package init(_ pool: NIOThreadPool) { self.pool = pool }

  private init() { pool = nil }

  /// The threads that all of the process shares.
  package static let singleton = IOThreads(.singleton)

  /// No threads: work is done where it is asked for, before the call returns. Nothing then depends on who is faster,
  /// and a simulation is the same each time.
  package static let none = IOThreads()

  /// Does `body` and returns what it returns; throws `CancellationError` when the threads have been shut down.
  package func runIfActive<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    guard let pool else { return try body() }
    return try await pool.runIfActive(body)
  }

  /// Does `body` soon, and tells it when the threads have been shut down.
  package func submit(_ body: @escaping @Sendable (NIOThreadPool.WorkItemState) -> Void) {
    guard let pool else { return body(.active) }
    pool.submit(body)
  }
}
