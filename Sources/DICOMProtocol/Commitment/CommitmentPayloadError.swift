/// Why the payload of a storage commitment request or report cannot be used.
public struct CommitmentPayloadError: Error, Equatable, Sendable {
  /// The DIMSE status that fits (PS3.7 §10.1.1.1.8, §10.1.4.1.10).
  public var status: Status
  /// What was wrong and where. Holds no text from the network.
  public var text: String

  public init(status: Status, text: String) {
    self.status = status
    self.text = text
  }

  /// Something required is missing, or the bytes are not a data set.
  static func invalid(_ text: String) -> CommitmentPayloadError { .init(status: .invalidArgumentValue, text: text) }
  /// More than is taken.
  static func tooMuch(_ text: String) -> CommitmentPayloadError { .init(status: .resourceLimitation, text: text) }
  /// An element of another kind than expected.
  static func mistyped(_ text: String) -> CommitmentPayloadError { .init(status: .mistypedArgument, text: text) }
}
