import DICOM
import DICOMProtocol
import EscrowCore
import Testing

@testable import EscrowEngine

/// What is proposed for a batch, and what is made of the answers.
@Suite struct ContextOfferTests {
  private static let explicit = TransferSyntax.explicitLittleEndian.uid
  private static let implicit = TransferSyntax.implicitLittleEndian.uid
  private static let big = TransferSyntax.explicitBigEndian.uid
  private static let deflated = TransferSyntax.deflatedExplicitLittleEndian.uid
  private static let jpeg = TransferSyntax.jpegBaseline8Bit.uid
  private static let gePrivate = TransferSyntax.gePrivate.uid

  private static func claim(_ syntax: UID, of classUID: UID = "1.2.3") -> Claim {
    Claim(
      key: ClaimKey(delivery: DeliveryID(rawValue: 1), attempt: 1), destination: "archive",
      instance: InstanceID(rawValue: "1"), file: InstanceID(rawValue: "1"),
      sop: SOPInstance(classUID: classUID, instanceUID: "1.2.3.4"), transferSyntax: syntax, dataSetLength: 1,
      digest: Digest(high: 1, low: 1), studyInstanceUID: nil, receivedAt: Timestamp(microseconds: 1), proof: .response,
      priority: .medium, doubtfulFailures: 0, resends: 0)
  }

  @Test(
    arguments: [
      ([explicit], [[explicit], [implicit]]), ([implicit], [[implicit], [explicit]]),
      ([big], [[big], [explicit, implicit]]), ([deflated], [[deflated], [explicit, implicit]]),
      ([explicit, implicit], [[explicit], [implicit]]), ([big, explicit], [[big], [explicit], [implicit]]),
      ([explicit, explicit], [[explicit], [implicit]]), ([jpeg], [[jpeg]]), ([gePrivate], [[gePrivate]]),
      ([jpeg, implicit], [[jpeg], [implicit], [explicit]]),
    ] as [([UID], [[UID]])])
  func eachPairAndOneFallback(stored: [UID], proposed: [[UID]]) {
    let offer = ContextOffer(for: stored.map { Self.claim($0) })
    #expect(offer.contexts.map(\.transferSyntaxes) == proposed)
    #expect(offer.contexts.allSatisfy { $0.classUID == "1.2.3" })
    #expect(stored.allSatisfy { offer.covers(Self.claim($0)) })
    #expect(!offer.covers(Self.claim(Self.explicit, of: "1.2.4")))
  }

  @Test func eachClassHasItsOwnFallback() {
    let offer = ContextOffer(for: [Self.claim(Self.explicit), Self.claim(Self.big, of: "1.2.4")])
    #expect(offer.contexts.map(\.classUID) == ["1.2.3", "1.2.4", "1.2.3", "1.2.4"])
    #expect(
      offer.contexts.map(\.transferSyntaxes)
        == [[Self.explicit], [Self.big], [Self.implicit], [Self.explicit, Self.implicit]])
  }

  @Test func whatDoesNotFitIsLeftForAnotherAssociation() {
    let claims = (0..<100).map { Self.claim(Self.big, of: UID("1.2.3.\($0)")) }
    let offer = ContextOffer(for: claims)
    var proposal = Proposal(calledAE: "A", callingAE: "B", implementationClassUID: "1.2")
    offer.add(to: &proposal)
    #expect(proposal.request.contexts.count == 128)
    #expect(claims.count(where: offer.covers) == 64)
  }

  /// What the peer takes; what an instance goes out in.
  @Test(
    arguments: [
      (explicit, [explicit, implicit], explicit), (explicit, [implicit], implicit), (implicit, [explicit], explicit),
      (implicit, [implicit, explicit], implicit), (big, [big], big), (big, [explicit], explicit),
      (big, [implicit], implicit), (deflated, [explicit, implicit], explicit), (deflated, [implicit], implicit),
      (jpeg, [jpeg], jpeg),
    ] as [(UID, [UID], UID)])
  func theStoredSyntaxOrOneThatItCanBecome(stored: UID, taken: [UID], chosen: UID) {
    let answer = Self.answer(to: Self.claim(stored), taking: taken)
    #expect(answer.transferSyntax == chosen)
  }

  @Test func compressedPixelDataHasNoWayOut() {
    let answer = Self.answer(to: Self.claim(Self.jpeg), taking: [Self.explicit, Self.implicit])
    #expect(answer == .refused(offered: [Self.jpeg], results: [.transferSyntaxesNotSupported]))
    #expect(
      Self.answer(to: Self.claim(Self.big), taking: [Self.jpeg])
        == .refused(
          offered: [Self.big, Self.explicit, Self.implicit],
          results: [.transferSyntaxesNotSupported, .transferSyntaxesNotSupported]))
  }

  /// A context that another class needs is of no use.
  @Test func contextsOfOtherClassesDoNotCount() {
    let offer = ContextOffer(for: [Self.claim(Self.jpeg), Self.claim(Self.explicit, of: "1.2.4")])
    let accepted: [UInt8: AcceptedContext] = [
      3: AcceptedContext(id: 3, abstractSyntax: "1.2.4", transferSyntax: Self.explicit)
    ]
    let answer = ContextAnswer(
      for: Self.claim(Self.jpeg), offer: offer, accepted: accepted, refused: [1: .abstractSyntaxNotSupported])
    #expect(answer == .refused(offered: [Self.jpeg], results: [.abstractSyntaxNotSupported]))
  }

  /// As a peer that takes `syntaxes` answers to what is proposed for one claim.
  private static func answer(to claim: Claim, taking syntaxes: [UID]) -> ContextAnswer {
    let offer = ContextOffer(for: [claim])
    var proposal = Proposal(calledAE: "A", callingAE: "B", implementationClassUID: "1.2")
    offer.add(to: &proposal)
    let policy = AcceptorPolicy(implementationClassUID: "1.3") { _, _ in
      .accepted(ServiceTerms(transferSyntaxes: .only(Set(syntaxes))))
    }
    let answered = policy.answer(proposal.request)
    let refused = answered.accept.contexts.filter { $0.result != .acceptance }
    return ContextAnswer(
      for: claim, offer: offer, accepted: answered.contexts,
      refused: Dictionary(uniqueKeysWithValues: refused.map { ($0.id, $0.result) }))
  }
}
