/// A peer broke the protocol: what to answer, and what happened for the log.
public struct PDUError: Error, Equatable, Sendable {
  /// The A-ABORT that fits (PS3.8 §9.3.8).
  public var abort: Abort
  /// What was wrong and where. Holds no text from the network.
  public var text: String

  public init(abort: Abort, text: String) {
    self.abort = abort
    self.text = text
  }

  /// Invalid PDU parameter value: source 2, reason 6.
  static func invalid(_ text: String) -> PDUError { PDUError(abort: .invalidParameterValue, text: text) }

  /// Unexpected PDU parameter: source 2, reason 5.
  static func unexpected(_ text: String) -> PDUError { PDUError(abort: .unexpectedParameter, text: text) }
}
