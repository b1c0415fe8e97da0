import NIOConcurrencyHelpers

/// A value that the test and the writer's thread share.
final class Guarded<Value: Sendable>: Sendable {
  private let box: NIOLockedValueBox<Value>

  init(_ value: Value) { box = NIOLockedValueBox(value) }

  var value: Value {
    get { box.withLockedValue { $0 } }
    set { box.withLockedValue { $0 = newValue } }
  }

  /// Changes it; returns what it became.
  @discardableResult
  func change(_ body: (Value) -> Value) -> Value {
    box.withLockedValue { value in
      value = body(value)
      return value
    }
  }
}
