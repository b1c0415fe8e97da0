import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// What real senders write into commitment requests and reports.
struct CommitmentLenienceTests {
  private static let implicit = CommitmentPayloadTests.implicit
  private static let explicit = CommitmentPayloadTests.explicit
  private let sop = SOPInstance(classUID: "1.2", instanceUID: "1.3")

  private func request(_ hex: String, _ transferSyntax: UID = explicit) throws -> CommitmentActionInformation {
    try CommitmentActionInformation(decoding: ByteBuffer(hex: hex), transferSyntax: transferSyntax)
  }

  private func report(_ hex: String, _ transferSyntax: UID = implicit) throws -> CommitmentEventInformation {
    try CommitmentEventInformation(decoding: ByteBuffer(hex: hex), transferSyntax: transferSyntax)
  }

  @Test func undefinedLengthsAndUnknownElements() throws {
    let request = try request(
      """
      08 00 05 00 "CS" 0A 00 "ISO_IR 192"
      08 00 95 11 "UI" 06 00 "1.2.3" 00
      08 00 99 11 "SQ" 00 00 FF FF FF FF
        FE FF 00 E0 FF FF FF FF
          08 00 50 11 "UI" 04 00 "1.2 "
          08 00 55 11 "UI" 03 00 "1.3"
          88 00 40 01 "SH" 02 00 "9 "
          09 00 01 10 "SQ" 00 00 FF FF FF FF
            FE FF 00 E0 00 00 00 00
            FE FF 00 E0 FF FF FF FF  08 00 55 11 "UI" 02 00 "8 "  FE FF 0D E0 00 00 00 00
          FE FF DD E0 00 00 00 00
          09 00 02 10 "ZZ" 00 00 03 00 00 00 01 02 03
        FE FF 0D E0 00 00 00 00
      FE FF DD E0 00 00 00 00
      88 00 40 01 "SH" 04 00 "1.2" 00
      """)
    #expect(request == CommitmentActionInformation(transactionUID: "1.2.3", references: [sop]))
  }

  /// PS3.5 §6.2.2: UN holds Implicit VR Little Endian, also in Big Endian.
  @Test(arguments: [
    (explicit, #"08 00 95 11 "UI" 02 00 "9" 00 08 00 99 11 "UN" 00 00 FF FF FF FF"#),
    (CommitmentPayloadTests.big, #"00 08 11 95 "UI" 00 02 "9" 00 00 08 11 99 "UN" 00 00 FF FF FF FF"#),
    (explicit, #"08 00 95 11 "UI" 02 00 "9" 00 08 00 99 11 "UN" 00 00 30 00 00 00"#),
  ])
  func sequencesAsUN(_ transferSyntax: UID, _ start: String) throws {
    let request = try request(
      start + """
         FE FF 00 E0 FF FF FF FF
         08 00 50 11 04 00 00 00 "1.2" 00 08 00 55 11 04 00 00 00 "1.3" 00
         FE FF 0D E0 00 00 00 00 FE FF DD E0 00 00 00 00
        """, transferSyntax)
    #expect(request == CommitmentActionInformation(transactionUID: "9", references: [sop]))
  }

  @Test func duplicateReferencesAreKept() throws {
    let request = CommitmentActionInformation(transactionUID: "1.1", references: [sop, sop])
    let bytes = request.encoded(transferSyntax: Self.explicit)
    #expect(try CommitmentActionInformation(decoding: bytes, transferSyntax: Self.explicit) == request)
  }

  @Test func aReportWithAnEmptyReferencedSequence() throws {
    let report = try report(
      """
      08 00 95 11 02 00 00 00 "9" 00
      08 00 98 11 2A 00 00 00
        FE FF 00 E0 22 00 00 00
          08 00 50 11 04 00 00 00 "1.2" 00 08 00 55 11 04 00 00 00 "1.3" 00 08 00 97 11 02 00 00 00 12 01
      08 00 99 11 00 00 00 00
      """)
    #expect(report == CommitmentEventInformation(transactionUID: "9", failed: [.init(sop: sop, reason: 0x0112)]))
  }

  /// Zero references are no commitment of anything, but a report all the same; no sequence at all is none.
  @Test func emptyIsNotAbsent() throws {
    let empty = try report(#"08 00 95 11 02 00 00 00 "9" 00 08 00 99 11 00 00 00 00"#)
    #expect(empty == CommitmentEventInformation(transactionUID: "9"))
    let error = #expect(throws: CommitmentPayloadError.self) { try report(#"08 00 95 11 02 00 00 00 "9" 00"#) }
    #expect(error?.status == .invalidArgumentValue)
  }

  @Test(
    arguments: [
      ("", 0x0110), ("08 00 97 11 00 00 00 00", 0x0110), ("08 00 97 11 02 00 00 00 31 01", 0x0131),
      ("08 00 97 11 04 00 00 00 13 02 00 00", 0x0213), ("08 00 97 11 03 00 00 00 13 02 00", 0x0110),
      ("08 00 97 11 02 00 00 00 00 A7", 0xA700),
    ] as [(String, UInt16)])
  func failureReasons(_ element: String, _ reason: UInt16) throws {
    let report = try report(
      """
      08 00 95 11 02 00 00 00 "9" 00 08 00 98 11 FF FF FF FF FE FF 00 E0 FF FF FF FF
      08 00 50 11 04 00 00 00 "1.2" 00 08 00 55 11 04 00 00 00 "1.3" 00 \(element)
      FE FF 0D E0 00 00 00 00 FE FF DD E0 00 00 00 00
      """)
    #expect(report.failed == [.init(sop: sop, reason: reason)])
  }

  /// At the top with several values, or in items.
  @Test func retrieveAETitles() throws {
    let report = try report(
      """
      08 00 54 00 08 00 00 00 "AE1\\AE2 "
      08 00 95 11 02 00 00 00 "9" 00 08 00 99 11 FF FF FF FF FE FF 00 E0 FF FF FF FF
      08 00 54 00 08 00 00 00 "AE2\\ AE3"
      08 00 50 11 04 00 00 00 "1.2" 00 08 00 55 11 04 00 00 00 "1.3" 00
      FE FF 0D E0 00 00 00 00 FE FF DD E0 00 00 00 00
      """)
    #expect(report.retrieveAETitles == ["AE1", "AE2", "AE3"])
    #expect(report.committed == [sop])
  }
}
