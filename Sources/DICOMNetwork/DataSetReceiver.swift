public import NIOCore

/// Gets the data set of one message as it arrives. Confined to the association's event loop.
///
/// Exactly one of two things happens after the last call of ``receive(_:)``: the message is delivered as
/// ``IncomingMessage/Body/streamed(_:)``, or ``abandon()`` is called once.
public protocol DataSetReceiver: AnyObject, Sendable {
  /// Takes the next fragment, a slice of what was received; copy what must outlive the call.
  ///
  /// - Returns: whether more may come now. After `false` nothing comes and the association stops reading its
  ///   socket until the `resume` that was handed out with the request is called.
  func receive(_ fragment: ByteBuffer) -> Bool

  /// Whether what comes is of no use any more and only waits for its answer: too much of it ends the association.
  var isDropping: Bool { get }

  /// The association ended before the last fragment.
  func abandon()
}

extension DataSetReceiver {
  public var isDropping: Bool { false }
}

/// Where the data set of an incoming message goes.
public enum DataSetHandling: Sendable {
  /// Into memory; a longer one is drained and delivered as ``IncomingMessage/Body/tooLarge``.
  case collect(maximum: Int)
  /// To a receiver, fragment by fragment.
  case stream(any DataSetReceiver)
  /// Nowhere: it is read and dropped.
  case discard
}
