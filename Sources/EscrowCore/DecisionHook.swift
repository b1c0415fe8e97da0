package import DICOM

/// Where somebody is asked by HTTP whether instances are committed.
package struct HookEndpoint: Sendable, Equatable {
  package var url: String
  /// `whsec_` and base64; two while one replaces the other.
  package var secrets: [String]
  /// For the whole exchange.
  package var timeout: Duration
  /// Ranges that are allowed besides what the address guard lets through.
  package var allowAddresses: [AddressRange]

  package init(
    url: String = "", secrets: [String] = [], timeout: Duration = .seconds(15), allowAddresses: [AddressRange] = []
  ) {
    self.url = url
    self.secrets = secrets
    self.timeout = timeout
    self.allowAddresses = allowAddresses
  }
}

/// What a hook is asked, and what it answers.
package struct HookQuestion: Sendable, Equatable {
  package var transactionUID: UID
  package var peer: PeerName
  /// At most 1,000.
  package var references: [OpenReference]

  package init(transactionUID: UID, peer: PeerName, references: [OpenReference]) {
    self.transactionUID = transactionUID
    self.peer = peer
    self.references = references
  }
}

/// Who decides for a peer whether instances are committed: the counterpart of a plug-in.
package protocol DecisionHook: Sendable {
  /// Asks about some references. Returns for each SOP Instance UID that was answered the Failure Reason, 0 for
  /// committed. Throws when there is no usable answer.
  func decide(_ question: HookQuestion, at endpoint: HookEndpoint) async throws -> [UID: UInt16]
}
