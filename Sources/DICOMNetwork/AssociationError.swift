public import DICOMProtocol

/// Why an association could not be opened, or did not end in order.
public enum AssociationError: Error, Sendable {
  /// No TCP connection came up.
  case connectFailed(String)
  /// The peer refused the association (A-ASSOCIATE-RJ).
  case rejected(AssociateReject)
  /// A-ABORT was received (`byPeer`) or sent.
  case aborted(Abort, byPeer: Bool)
  /// The TCP connection ended with a message open.
  case closed
  /// The association had ended before; nothing of the request was sent.
  case hadEnded
  /// Nothing came, or nothing could be written, within the time allowed for it.
  case timedOut(String)
  /// The peer broke the protocol; we aborted.
  case violated(String)
  /// The source of an outgoing data set failed; we aborted.
  case source(any Error)
  /// The presentation context is not one that the peer accepted.
  case contextNotAccepted(UInt8)
}

extension AssociationError: CustomStringConvertible {
  /// One line for logs and for whoever waits.
  public var description: String {
    switch self {
    case .connectFailed(let reason): "cannot connect to \(reason)"
    case .rejected(let reject): "association rejected: \(reject.explanation)"
    case .aborted(let abort, byPeer: true): "association aborted by the peer: \(abort.explanation)"
    case .aborted(let abort, byPeer: false): "association aborted by us: \(abort.explanation)"
    case .closed: "association closed"
    case .hadEnded: "association had ended"
    case .timedOut(let wait): "timed out: \(wait)"
    case .violated(let text): "protocol violated by the peer: \(text)"
    case .source(let error): "cannot read what is to be sent: \(error)"
    case .contextNotAccepted(let id): "presentation context \(id) is not accepted"
    }
  }
}
