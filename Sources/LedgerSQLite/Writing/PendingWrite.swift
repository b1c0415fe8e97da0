/// One verb that waits for the writer.
struct PendingWrite: Sendable {
  typealias Finish = @Sendable () -> Void

  /// Who waits for it.
  enum Kind { case admission, other }

  /// Does the work; what it returns hands the result to the caller.
  let run: @Sendable (WriteTransaction) throws -> Finish
  let fail: @Sendable (any Error) -> Void
  let kind: Kind
  /// Whether it wants a transaction of its own.
  let isAlone: Bool
}

extension PendingWrite {
  init<Result: Sendable>(
    _ kind: Kind = .other, alone: Bool = false, _ body: @escaping @Sendable (WriteTransaction) throws -> Result,
    _ continuation: CheckedContinuation<Result, any Error>
  ) {
    self.kind = kind
    isAlone = alone
    run = { transaction in
      let result = try body(transaction)
      return { continuation.resume(returning: result) }
    }
    fail = { continuation.resume(throwing: $0) }
  }
}
