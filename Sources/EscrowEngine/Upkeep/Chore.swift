import EscrowCore
import Logging

/// Something that upkeep does again and again, not more often than `interval`.
struct Chore: Sendable {
  private let name: String
  private let interval: Duration
  private let action: @Sendable () async throws -> Void
  private var next: MonotonicTime?

  /// - Parameter start: when it is due for the first time; nil for at once.
  init(
    _ name: String, every interval: Duration, from start: MonotonicTime? = nil,
    _ action: @escaping @Sendable () async throws -> Void
  ) {
    self.name = name
    self.interval = interval
    next = start
    self.action = action
  }

  func isDue(at now: MonotonicTime) -> Bool { next.map { $0 <= now } ?? true }

  /// Does it. An error is logged and the chore tried again at its next time; but a ledger that cannot be written
  /// any more is thrown, since then the process must end.
  mutating func run(context: EngineContext) async throws {
    do {
      try await action()
    } catch let error as LedgerError {
      if error.isFinal { throw error }
      await context.note(failure: error)
      context.logger.error("upkeep of \(name) failed, will be tried again: \(error)")
    } catch is CancellationError {
      return
    } catch {
      await context.note(failure: error)
      context.logger.error("upkeep of \(name) failed, will be tried again: \(error)")
    }
    next = context.clock.monotonic() + interval
  }
}
