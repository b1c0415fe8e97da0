import DICOMProtocol
import NIOCore

/// The message that is arriving: where its data set goes and what it will be delivered as.
struct Intake {
  /// What happens when the last fragment is in.
  enum Purpose {
    /// A request for the user.
    case deliver
    /// A request that is answered with this status and not delivered.
    case refuse(Status)
    /// The response to our request.
    case reply
    /// Nothing: C-CANCEL-RQ has no response (PS3.7 §9.3.2.3).
    case ignore
  }

  private enum Sink {
    case memory(ByteBuffer, maximum: Int)
    case receiver(any DataSetReceiver)
    case overflow
    case nowhere
  }

  let command: CommandSet
  let context: AcceptedContext
  let purpose: Purpose
  /// Bytes that were taken and dropped.
  private(set) var drained = 0
  private var sink: Sink

  init(_ command: CommandSet, on context: AcceptedContext, purpose: Purpose, handling: DataSetHandling) {
    self.command = command
    self.context = context
    self.purpose = purpose
    sink =
      switch handling {
      case .collect(let maximum): .memory(ByteBuffer(), maximum: maximum)
      case .stream(let receiver): .receiver(receiver)
      case .discard: .nowhere
      }
  }

  /// Takes the next fragment; returns whether more may come now.
  mutating func take(_ fragment: ByteBuffer) -> Bool {
    switch sink {
    case .receiver(let receiver):
      if receiver.isDropping { drained += fragment.readableBytes }
      return receiver.receive(fragment)
    case .memory(var bytes, let maximum):
      sink = .overflow
      guard bytes.readableBytes + fragment.readableBytes <= maximum else { return true }
      bytes.writeImmutableBuffer(fragment)
      sink = .memory(bytes, maximum: maximum)
    case .overflow, .nowhere: drained += fragment.readableBytes
    }
    return true
  }

  /// The association ended before the last fragment.
  func abandon() {
    if case .receiver(let receiver) = sink { receiver.abandon() }
  }

  /// The whole message.
  var message: IncomingMessage { IncomingMessage(command: command, context: context, body: body) }

  private var body: IncomingMessage.Body {
    guard command.hasDataSet else { return .none }
    return switch sink {
    case .memory(let bytes, _): .collected(bytes)
    case .receiver(let receiver): .streamed(receiver)
    case .overflow: .tooLarge
    case .nowhere: .discarded
    }
  }
}
