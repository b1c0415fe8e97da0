/// Waits until a condition of foreign processes holds and returns its value.
///
/// What cannot be awaited as an event, because another process makes it, is asked for again and again. Errors count
/// as "not yet". The deadline only ends a test that has already failed.
package func eventually<Value>(
  _ what: String, within deadline: Duration = .seconds(180), every pause: Duration = .milliseconds(100),
  _ condition: () async throws -> Value?
) async throws -> Value {
  let clock = ContinuousClock()
  let end = clock.now + deadline
  var last = "no value yet"
  repeat {
    do {
      if let value = try await condition() { return value }
      last = "no value yet"
    } catch {
      last = "\(error)"
    }
    try await clock.sleep(for: pause)
  } while clock.now < end
  throw ProcessError("never: \(what) (\(last))")
}

/// Waits until a condition of foreign processes holds.
package func eventually(
  _ what: String, within deadline: Duration = .seconds(180), every pause: Duration = .milliseconds(100),
  _ condition: () async throws -> Bool
) async throws {
  let _: Void = try await eventually(what, within: deadline, every: pause) { try await condition() ? () : nil }
}
