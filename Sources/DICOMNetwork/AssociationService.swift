public import DICOMProtocol

/// What serves associations that others open, and requests that arrive on ours.
public protocol AssociationService: Sendable {
  /// Judges an A-ASSOCIATE-RQ; may take its time.
  func judge(_ request: AssociateRequest, from remote: RemoteEndpoint) async -> AssociationVerdict

  /// Whether this peer may have one of the last slots (``ListenerLimits/reserved``). Everybody, by default.
  func mayTakeReservedSlot(_ request: AssociateRequest, from remote: RemoteEndpoint) -> Bool

  /// Where the data set of a request goes. Called on the event loop: must not block.
  ///
  /// - Parameter resume: lets more come after the receiver returned `false`; may be called from any thread.
  func handling(
    of command: CommandSet, context: AcceptedContext, on association: Association,
    resume: @escaping @Sendable () -> Void
  ) -> DataSetHandling

  /// Runs for the life of an accepted association; one that is still open when it returns is aborted.
  func serve(_ association: Association) async
}

extension AssociationService {
  public func mayTakeReservedSlot(_ request: AssociateRequest, from remote: RemoteEndpoint) -> Bool { true }
}

/// The answer to an A-ASSOCIATE-RQ.
public enum AssociationVerdict: Sendable {
  /// On these terms, unless the policy itself rejects the request.
  case accept(AcceptorPolicy)
  /// With the reason for the log.
  case reject(AssociateReject, String)
}
