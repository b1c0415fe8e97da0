package import DICOM

/// One route: which instances it takes, where they go, and how long their copies stay.
package struct Route: Sendable, Equatable {
  package var name: String
  package var match: Match
  package var sends: [Send]
  /// Why what it takes is held for an operator instead of sent; nil when it is not.
  package var hold: String?
  package var retention: Retention
  /// A copy may go although the destination discarded elements (B006).
  package var acceptDiscarded: Bool
  /// A copy may go although every destination got it edited.
  package var acceptEdited: Bool

  package enum Match: Sendable, Equatable {
    /// All of them; none takes everything.
    case all([Condition])
    /// What no other route took.
    case otherwise
  }

  /// One destination of a route.
  package struct Send: Sendable, Equatable {
    /// Of several, each study goes to one; not empty.
    package var destinations: [PeerName]
    package var proof: Proof
    package var priority: Priority
    package var terms: SendTerms
    /// Those that are declared to keep the content that came last for a SOP Instance UID (`overwrites`).
    package var overwriting: Set<PeerName>

    package init(
      to destinations: PeerName..., proof: Proof, priority: Priority = .medium, terms: SendTerms = .plain,
      overwriting: Set<PeerName> = []
    ) {
      self.init(to: destinations, proof: proof, priority: priority, terms: terms, overwriting: overwriting)
    }

    package init(
      to destinations: [PeerName], proof: Proof, priority: Priority = .medium, terms: SendTerms = .plain,
      overwriting: Set<PeerName> = []
    ) {
      self.destinations = destinations
      self.proof = proof
      self.priority = priority
      self.terms = terms
      self.overwriting = overwriting
    }
  }

  package init(
    name: String, match: Match, sends: [Send], hold: String? = nil, retention: Retention = .standard,
    acceptDiscarded: Bool = false, acceptEdited: Bool = false
  ) {
    self.name = name
    self.match = match
    self.sends = sends
    self.hold = hold
    self.retention = retention
    self.acceptDiscarded = acceptDiscarded
    self.acceptEdited = acceptEdited
  }

  /// Its conditions; none for `otherwise`.
  package var conditions: [Condition] {
    if case .all(let conditions) = match { conditions } else { [] }
  }

  /// Whether it may take instances that come from an AE title, whatever else it asks of them.
  package func mayTake(from callingAE: AETitle) -> Bool {
    let fact = Fact(values: [callingAE.rawValue])
    return conditions.allSatisfy { $0.subject != .callingAE || $0.verdict(on: fact) != .fails }
  }

  /// Whether it only takes what no other did.
  var isOtherwise: Bool { if case .otherwise = match { true } else { false } }

  /// Whether it can take an instance whose header cannot be read.
  var needsOnlyAssociation: Bool {
    !isOtherwise && conditions.allSatisfy(\.subject.isOfAssociation)
  }
}
