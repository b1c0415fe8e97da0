import DICOM
import DICOMProtocol
import EscrowCore

/// The presentation contexts that instances need: each SOP class in each stored transfer syntax has one of its own, so
/// that the peer's choice of one syntax is not the loss of another. For what is stored without compression one more
/// per class proposes the syntaxes that it can be re-encoded to.
struct ContextOffer: Sendable {
  /// A SOP class in a transfer syntax.
  struct Pair: Hashable, Sendable {
    let classUID: UID
    let transferSyntax: UID
  }

  struct Context: Equatable, Sendable {
    let classUID: UID
    let transferSyntaxes: [UID]
  }

  /// In the order in which they are proposed.
  private(set) var contexts: [Context] = []
  private var pairs: Set<Pair> = []

  init(for claims: some Sequence<Claim>) {
    var stored: [Pair] = []
    for pair in claims.lazy.map(\.pair) where pairs.count < Self.maximumPairs {
      if pairs.insert(pair).inserted { stored.append(pair) }
    }
    contexts = stored.map { Context(classUID: $0.classUID, transferSyntaxes: [$0.transferSyntax]) }
    var classes: Set<UID> = []
    for pair in stored where TransferSyntax(pair.transferSyntax).isNative && classes.insert(pair.classUID).inserted {
      let others = DataSetRecoder.targets.map(\.uid).filter {
        !pairs.contains(Pair(classUID: pair.classUID, transferSyntax: $0))
      }
      if !others.isEmpty { contexts.append(Context(classUID: pair.classUID, transferSyntaxes: others)) }
    }
  }

  /// So many fit even if each needs another context to be re-encoded.
  private static let maximumPairs = Proposal.maximumContexts / 2

  /// Whether it proposes what different instances need.
  var isShared: Bool { pairs.count > 1 }

  /// Whether it was made for what this claim needs, with whatever answer.
  func covers(_ claim: Claim) -> Bool { pairs.contains(claim.pair) }

  func add(to proposal: inout Proposal) {
    for context in contexts { proposal.add(context.classUID, transferSyntaxes: context.transferSyntaxes) }
  }
}

/// What a peer said to the contexts that one instance can go out in.
enum ContextAnswer: Equatable, Sendable {
  /// The context, and what the data set is to be written in there.
  case accepted(AcceptedContext)
  /// None; what was proposed, and the peer's results.
  case refused(offered: [UID], results: [ContextResult.Result])

  /// Chooses among the answers to `offer`: the stored transfer syntax, or else one that it can be re-encoded to.
  init(
    for claim: Claim, offer: ContextOffer, accepted: [UInt8: AcceptedContext],
    refused: [UInt8: ContextResult.Result]
  ) {
    let wanted = claim.possibleSyntaxes
    let usable = accepted.values.filter { $0.abstractSyntax == claim.sop.classUID }
    let best = wanted.lazy.compactMap { syntax in usable.first { $0.transferSyntax == syntax } }.first
    if let best {
      self = .accepted(best)
      return
    }
    var offered: [UID] = []
    var results: [ContextResult.Result] = []
    for (index, context) in offer.contexts.enumerated() where context.classUID == claim.sop.classUID {
      let syntaxes = context.transferSyntaxes.filter(wanted.contains)
      guard !syntaxes.isEmpty else { continue }
      offered += syntaxes
      results.append(refused[Proposal.identifier(at: index)] ?? .noReason)
    }
    self = .refused(offered: offered, results: results)
  }

  /// What the data set goes out in; nil when it does not.
  var transferSyntax: UID? {
    if case .accepted(let context) = self { context.transferSyntax } else { nil }
  }
}

extension Claim {
  fileprivate var pair: ContextOffer.Pair {
    ContextOffer.Pair(classUID: sop.classUID, transferSyntax: transferSyntax)
  }

  /// What it can be sent in, best first: as it is stored, or re-encoded without touching pixel values.
  fileprivate var possibleSyntaxes: [UID] {
    [transferSyntax] + (TransferSyntax(transferSyntax).isNative ? DataSetRecoder.targets.map(\.uid) : [])
  }
}
