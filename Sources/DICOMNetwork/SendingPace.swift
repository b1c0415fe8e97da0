/// Spreads what is sent over time, so that it leaves room on a thin line for others.
public protocol SendingPace: Sendable {
  /// How many bytes of a data set and the headers of its PDUs are written at once at the most: what leaves in one go,
  /// between two waits.
  var writeSize: Int { get }

  /// Takes room for `count` bytes, which are ready to be sent.
  ///
  /// - Returns: how long they wait before they are.
  func take(_ count: Int) -> Duration
}
