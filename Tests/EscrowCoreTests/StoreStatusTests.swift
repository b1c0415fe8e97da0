import EscrowCore
import Testing

@Suite struct StoreStatusTests {
  static func stored(_ warning: String?, discarded: Bool = false) -> StoreDisposition {
    .stored(warning: warning, discardedElements: discarded)
  }

  static let expectation: [(ClosedRange<UInt16>, StoreDisposition)] = [
    (0x0000...0x0000, stored(nil)),
    (0xB000...0xB000, stored("dataElementsCoerced")),
    (0xB001...0xB005, stored("warning")),
    (0xB006...0xB006, stored("elementsDiscarded", discarded: true)),
    (0xB007...0xB007, stored("dataSetMismatch")),
    (0xB008...0xBFFF, stored("warning")),
    (0x0001...0x0001, stored("warning")),
    (0x0107...0x0107, stored("attributeListError")),
    (0x0116...0x0116, stored("attributeValueOutOfRange")),
    (0xA700...0xA7FF, .retryDestination(reason: "outOfResources")),
    (0x0213...0x0213, .retryDestination(reason: "resourceLimitation")),
    (0xA800...0xA800, .failed(reason: "sopClassNotSupported")),
    (0x0122...0x0122, .failed(reason: "sopClassNotSupported")),
    (0xA900...0xA9FF, .failed(reason: "dataSetMismatch")),
    (0xC000...0xCFFF, .retryDelivery(reason: "cannotUnderstand", limit: 3)),
    (0x0110...0x0110, .retryDelivery(reason: "processingFailure", limit: 10)),
    (0x0111...0x0111, .failed(reason: "duplicate")),
    (0x0117...0x0117, .failed(reason: "invalidInstance")),
    (0x0112...0x0112, .failed(reason: "noSuchInstance")),
    (0x0118...0x0118, .failed(reason: "noSuchClass")),
    (0x0119...0x0119, .failed(reason: "classInstanceConflict")),
    (0x0105...0x0105, .failed(reason: "noSuchAttribute")),
    (0x0106...0x0106, .failed(reason: "invalidAttributeValue")),
    (0x0120...0x0120, .failed(reason: "missingAttribute")),
    (0x0121...0x0121, .failed(reason: "missingAttributeValue")),
    (0x0124...0x0124, .holdDestination(reason: "notAuthorized")),
    (0x0214...0x0214, .holdDestination(reason: "notAuthorized")),
    (0x0210...0x0210, .protocolError(reason: "duplicateInvocation")),
    (0x0211...0x0211, .failed(reason: "unrecognizedOperation")),
    (0x0212...0x0212, .failed(reason: "mistypedArgument")),
    (0xFF00...0xFF01, .protocolError(reason: "pendingStatus")),
    (0xFE00...0xFE00, .protocolError(reason: "cancelStatus")),
  ]

  @Test(arguments: expectation) func judgesEveryRow(_ codes: ClosedRange<UInt16>, _ expected: StoreDisposition) {
    for code in codes {
      #expect(StoreDisposition.judge(status: code, proof: .response, duplicateIsStored: false) == expected)
    }
  }

  @Test func whatIsInNoRowIsTriedOnceMore() {
    let known = Self.expectation.map(\.0)
    for code in UInt16.min...UInt16.max where !known.contains(where: { $0.contains(code) }) {
      let judged = StoreDisposition.judge(status: code, proof: .commitment, duplicateIsStored: true)
      #expect(judged == .retryDelivery(reason: "unknownStatus", limit: 1))
    }
  }

  @Test(arguments: [
    (Proof.response, false, StoreDisposition.failed(reason: "duplicate")),
    (.response, true, stored("duplicate")),
    (.query, false, stored("duplicate")),
    (.commitment, false, stored("duplicate")),
    (.commitment, true, stored("duplicate")),
  ])
  func aDuplicateNeverSatisfiesTheResponseAlone(_ proof: Proof, _ declared: Bool, _ expected: StoreDisposition) {
    #expect(StoreDisposition.judge(status: 0x0111, proof: proof, duplicateIsStored: declared) == expected)
  }

  @Test(arguments: Proof.allCases) func onlyADuplicateDependsOnTheProof(_ proof: Proof) {
    for (codes, expected) in Self.expectation where codes.lowerBound != 0x0111 {
      #expect(StoreDisposition.judge(status: codes.upperBound, proof: proof, duplicateIsStored: true) == expected)
    }
  }
}
