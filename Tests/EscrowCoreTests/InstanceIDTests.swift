import EscrowCore
import Testing

@Suite struct InstanceIDTests {
  /// Gives the bits it is told.
  struct Fixed: RandomNumberGenerator {
    var bits: UInt64
    mutating func next() -> UInt64 { bits }
  }

  /// RFC 9562, Appendix A.6: 2022-02-22 19:22:22 UTC.
  @Test func hasTheFormOfTheStandardsExample() {
    let now = Timestamp(microseconds: 0x017F_22E2_79B0 * 1000 + 999)
    var zeros = Fixed(bits: 0)
    var ones = Fixed(bits: .max)
    #expect(InstanceID.new(at: now, using: &zeros).rawValue == "017f22e2-79b0-7000-8000-000000000000")
    #expect(InstanceID.new(at: now, using: &ones).rawValue == "017f22e2-79b0-7fff-bfff-ffffffffffff")
  }

  @Test func sortsByTime() {
    let early = InstanceID.new(at: Timestamp(microseconds: 1_700_000_000_000_000))
    let late = InstanceID.new(at: Timestamp(microseconds: 1_700_000_000_001_000))
    #expect(early < late)
  }

  @Test func isNewEachTime() {
    let now = Timestamp(microseconds: 0)
    let ids = (0..<1000).map { _ in InstanceID.new(at: now) }
    #expect(Set(ids).count == 1000)
    #expect(ids.allSatisfy { $0.isWellFormed })
  }

  @Test(arguments: [
    "", "017f22e2-79b0-7000-8000-00000000000", "017F22E2-79b0-7000-8000-000000000000",
    "017f22e279b0-7000-8000-0000000000000", "../../../../../../../../../etc/passw",
    "017f22e2-79b0-7000-8000-00000000000g",
    "017f22e2-79b0-7000-8000-0000000000000",
  ])
  func nothingElseMayNameAFile(_ text: String) {
    #expect(!InstanceID(rawValue: text).isWellFormed)
  }
}
