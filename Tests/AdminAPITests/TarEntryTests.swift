import AdminAPI
import EscrowTesting
import Foundation
import Testing

@Suite struct TarEntryTests {
  @Test(arguments: [0, 1, 512, 8_589_934_591, 8_589_934_592, 1 << 40] as [Int64])
  func aHeaderIsReadAsItWasWritten(size: Int64) throws {
    let entry = TarEntry(name: "DICOM/SE000001/IM000001", size: size)
    #expect(entry.header.count == 512)
    #expect(try TarEntry(header: entry.header) == entry)
  }

  @Test func anEmptyBlockEndsAndNonsenseIsRefused() throws {
    #expect(try TarEntry(header: [UInt8](repeating: 0, count: 512)) == nil)
    #expect(throws: TarError.self) { try TarEntry(header: [UInt8](repeating: 65, count: 512)) }
  }

  @Test func tarUnderstandsIt() async throws {
    let folder = try TemporaryDirectory()
    defer { try? folder.remove() }
    let entry = TarEntry(name: "DICOM/IM000001", size: 5)
    let archive = entry.header + Array("bytes".utf8) + entry.padding + TarEntry.end
    try Data(archive).write(to: URL(filePath: folder.appending("a.tar")))
    let listed = try await Command("tar", ["tvf", folder.appending("a.tar")]).check()
    #expect(listed.output.contains("5 1970-01-01") && listed.output.contains("DICOM/IM000001"))
  }
}
