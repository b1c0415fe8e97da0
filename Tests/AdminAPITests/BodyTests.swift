import DICOM
import EscrowCore
import Foundation
import Testing

@testable import AdminAPI

@Suite struct BodyTests {
  @Test func absentValuesAreWrittenAsNull() throws {
    let json = String(decoding: try JSONEncoder().encode(ListBody<Int>(items: [1], next: nil)), as: UTF8.self)
    #expect(json.contains("\"next\":null"))
    #expect(try JSONDecoder().decode(ListBody<Int>.self, from: Data(json.utf8)).next == nil)
  }

  @Test(arguments: [(0x0112, "0112H"), (0xA700, "A700H"), (0, "0000H")])
  func codesAreFourDigits(code: Int, text: String) {
    #expect(hexadecimal(UInt16(code)) == text)
  }

  @Test func anEmptyFilterIsRefused() {
    #expect(throws: ProblemDetails.self) { try DeliveryFilterBody().domain(now: .now()) }
    #expect(throws: ProblemDetails.self) { try DeliveryFilterBody(state: ["lost"]).domain(now: .now()) }
  }

  @Test func aFilterKeepsEveryCondition() throws {
    let filter = try DeliveryFilterBody(id: [1, 2], state: ["failed"], to: ["a"], studyInstanceUID: "1.2").domain(
      now: .now())
    #expect(
      filter
        == DeliveryFilter(
          ids: [DeliveryID(rawValue: 1), DeliveryID(rawValue: 2)], states: [.failed], destinations: ["a"],
          studyInstanceUID: "1.2"))
  }
}
