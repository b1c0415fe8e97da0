import NIOConcurrencyHelpers

/// Names associations for logs, in the order of their connections since the process started.
enum AssociationID {
  private static let last = NIOLockedValueBox(0)

  static func next() -> String {
    last.withLockedValue {
      $0 += 1
      return "a-\($0)"
    }
  }
}
