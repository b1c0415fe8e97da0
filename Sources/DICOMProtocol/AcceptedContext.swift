public import DICOM

/// A presentation context that both sides agreed on.
public struct AcceptedContext: Equatable, Sendable {
  public var id: UInt8
  public var abstractSyntax: UID
  public var transferSyntax: UID
  /// Whether the side that opened the association may be SCU of the abstract syntax.
  public var requestorIsSCU: Bool
  /// Whether the side that opened the association may be SCP of the abstract syntax.
  public var requestorIsSCP: Bool
  /// Whether both sides sent 54H for it; else the roles are the default ones (PS3.7 §D.3.3.4).
  public var roleWasNegotiated: Bool

  public init(
    id: UInt8, abstractSyntax: UID, transferSyntax: UID, requestorIsSCU: Bool = true, requestorIsSCP: Bool = false,
    roleWasNegotiated: Bool = false
  ) {
    self.id = id
    self.abstractSyntax = abstractSyntax
    self.transferSyntax = transferSyntax
    self.requestorIsSCU = requestorIsSCU
    self.requestorIsSCP = requestorIsSCP
    self.roleWasNegotiated = roleWasNegotiated
  }
}
