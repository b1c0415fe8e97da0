import EscrowCore
import Testing

@Suite struct ProofTests {
  @Test func growsFromResponseToCommitment() {
    #expect(Proof.allCases.shuffled().sorted() == [.response, .query, .commitment])
  }

  @Test func highPriorityGoesFirst() {
    #expect(Priority.allCases.shuffled().sorted() == [.high, .medium, .low])
  }
}
