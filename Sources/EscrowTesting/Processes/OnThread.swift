import Foundation

/// Runs blocking work on a thread of its own; the work says once, through its argument, what the caller gets, and may
/// go on after that.
func onThread<Value: Sendable>(
  _ work: @escaping @Sendable (_ finish: (Result<Value, any Error>) -> Void) -> Void
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    let thread = Thread { work { continuation.resume(with: $0) } }
    thread.start()
  }
}
