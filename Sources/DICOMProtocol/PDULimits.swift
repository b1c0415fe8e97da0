/// What a decoder accepts before it gives up on a peer. The defaults suit a server on a hospital's network.
public struct PDULimits: Equatable, Sendable {
  /// The largest value accepted in the length field of a P-DATA-TF: what we announce in 51H; never 0.
  public var maximumLength: UInt32
  /// The same for A-ASSOCIATE-RQ and -AC, which the announced maximum does not limit (PS3.8 §D.1).
  public var maximumAssociateLength: UInt32
  /// Presentation contexts in one A-ASSOCIATE PDU; there are 128 odd identifiers.
  public var maximumContexts: Int
  /// Transfer syntaxes read of one presentation context; more are ignored.
  public var maximumTransferSyntaxes: Int
  /// Items, or sub-items, at any one level.
  public var maximumItems: Int
  /// Sub-items of each of the kinds 54H, 56H and 57H.
  public var maximumNegotiations: Int

  public init(
    maximumLength: UInt32 = 131_072, maximumAssociateLength: UInt32 = 1_048_576, maximumContexts: Int = 128,
    maximumTransferSyntaxes: Int = 128, maximumItems: Int = 512, maximumNegotiations: Int = 256
  ) {
    self.maximumLength = maximumLength
    self.maximumAssociateLength = maximumAssociateLength
    self.maximumContexts = maximumContexts
    self.maximumTransferSyntaxes = maximumTransferSyntaxes
    self.maximumItems = maximumItems
    self.maximumNegotiations = maximumNegotiations
  }

  /// The lengths allowed for a PDU of `type`, checked before anything of its size is awaited or allocated.
  func lengths(of type: PDUType) -> ClosedRange<UInt32> {
    switch type {
    case .associateRequest, .associateAccept: 68...max(68, maximumAssociateLength)
    case .associateReject: 4...16
    case .data: 6...max(6, maximumLength)
    case .releaseRequest, .releaseResponse, .abort: 0...16
    }
  }
}
