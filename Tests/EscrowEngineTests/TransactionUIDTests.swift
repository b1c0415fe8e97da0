import DICOM
import EscrowEngine
import Testing

@Suite struct TransactionUIDTests {
  @Test func everyOneIsValidAndNew() {
    let uids = (0..<1000).map { _ in UID.newTransaction() }
    #expect(Set(uids).count == uids.count)
    #expect(uids.allSatisfy { $0.isValid && $0.rawValue.hasPrefix("2.25.") && !$0.rawValue.hasPrefix("2.25.0") })
  }
}
