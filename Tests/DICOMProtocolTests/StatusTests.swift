import DICOMProtocol
import Testing

struct StatusTests {
  /// Bounds of every range of PS3.7 Annex C.
  @Test(
    arguments: [
      (0x0000, .success), (0x0001, .warning), (0x0002, .failure), (0x0105, .failure), (0x0107, .warning),
      (0x0110, .failure), (0x0116, .warning), (0x0117, .failure), (0x0213, .failure), (0x0214, .failure),
      (0xA6FF, .failure), (0xA700, .failure), (0xAFFF, .failure), (0xB000, .warning), (0xB007, .warning),
      (0xBFFF, .warning), (0xC000, .failure), (0xCFFF, .failure), (0xD000, .failure), (0xFE00, .cancel),
      (0xFE01, .failure), (0xFF00, .pending), (0xFF01, .pending), (0xFF02, .failure), (0xFFFF, .failure),
    ] as [(UInt16, Status.Category)])
  func category(_ value: UInt16, _ category: Status.Category) {
    #expect(Status(rawValue: value).category == category)
    #expect(Status(rawValue: value).isDone == (category == .success || category == .warning))
  }

  @Test(arguments: zip([0x0000, 0x0110, 0xA700, 0xFE00] as [UInt16], ["0000H", "0110H", "A700H", "FE00H"]))
  func description(_ value: UInt16, _ text: String) { #expect("\(Status(rawValue: value))" == text) }
}
