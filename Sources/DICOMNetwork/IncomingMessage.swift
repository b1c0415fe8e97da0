public import DICOMProtocol
public import NIOCore

/// A whole message of the peer: its last fragment has arrived.
public struct IncomingMessage: Sendable {
  public var command: CommandSet
  /// The presentation context it came on.
  public var context: AcceptedContext
  public var body: Body

  /// What became of the data set.
  public enum Body: Sendable {
    /// The message has none.
    case none
    case collected(ByteBuffer)
    /// Longer than may be collected; it was drained.
    case tooLarge
    /// The receiver has all of it.
    case streamed(any DataSetReceiver)
    case discarded
  }

  public init(command: CommandSet, context: AcceptedContext, body: Body) {
    self.command = command
    self.context = context
    self.body = body
  }
}
