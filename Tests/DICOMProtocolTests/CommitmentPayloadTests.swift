import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// Commitment requests and reports as data sets (PS3.4 Tables J.3-1 and J.3-2).
struct CommitmentPayloadTests {
  static let implicit: UID = "1.2.840.10008.1.2"
  static let explicit: UID = "1.2.840.10008.1.2.1"
  static let big: UID = "1.2.840.10008.1.2.2"

  @Test(arguments: PayloadVector.all) func requestsAreTheKnownBytes(_ vector: PayloadVector) throws {
    let request = PayloadVector.request
    #expect(request.encoded(transferSyntax: vector.transferSyntax).array == vector.bytes.array)
    #expect(try CommitmentActionInformation(decoding: vector.bytes, transferSyntax: vector.transferSyntax) == request)
  }

  @Test(arguments: StorageCommitment.transferSyntaxes, 1...60)
  func whatIsEncodedIsDecoded(_ transferSyntax: UID, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let request = CommitmentActionInformation(
      transactionUID: random.uid(), references: random.list(1...20) { $0.sop() })
    let requestBytes = request.encoded(transferSyntax: transferSyntax)
    #expect(try CommitmentActionInformation(decoding: requestBytes, transferSyntax: transferSyntax) == request)
    let report = random.report()
    let reportBytes = report.encoded(transferSyntax: transferSyntax)
    #expect(try CommitmentEventInformation(decoding: reportBytes, transferSyntax: transferSyntax) == report)
    #expect(requestBytes.readableBytes % 2 == 0)
    #expect(reportBytes.readableBytes % 2 == 0)
  }

  @Test func theEventTypeFollowsTheFailures() {
    let sop = SOPInstance(classUID: "1.2", instanceUID: "1.3")
    #expect(CommitmentEventInformation(transactionUID: "1.1", committed: [sop]).eventTypeID == 1)
    let failure = CommitmentEventInformation.Failure(sop: sop, reason: 0x0112)
    #expect(CommitmentEventInformation(transactionUID: "1.1", failed: [failure]).eventTypeID == 2)
  }

  /// Cut anywhere, a request is refused rather than taken for a smaller one.
  @Test(arguments: PayloadVector.all) func truncationIsAnError(_ vector: PayloadVector) {
    for length in 0..<vector.bytes.readableBytes {
      let cut = ByteBuffer(bytes: vector.bytes.array.prefix(length))
      #expect(throws: CommitmentPayloadError.self, "\(length) bytes") {
        try CommitmentActionInformation(decoding: cut, transferSyntax: vector.transferSyntax)
      }
    }
  }

  @Test func aHundredThousandReferencesAreTaken() throws {
    let request = try CommitmentActionInformation(decoding: Self.manyReferences(100_000), transferSyntax: Self.implicit)
    #expect(request.references.count == 100_000)
    #expect(request.references.last == SOPInstance(classUID: "12", instanceUID: "34"))
  }

  @Test func oneMoreIsTooMany() { expect(.resourceLimitation, Self.manyReferences(100_001), Self.implicit) }

  private static func manyReferences(_ count: Int) -> ByteBuffer {
    let start = ByteBuffer(hex: #"08 00 95 11 02 00 00 00 "1" 00 08 00 99 11"#).array
    let item = ByteBuffer(hex: #"FE FF 00 E0 14 00 00 00 08 00 50 11 02 00 00 00 "12" 08 00 55 11 02 00 00 00 "34""#)
      .array
    var bytes = ByteBuffer(bytes: start)
    bytes.writeInteger(UInt32(count * item.count), endianness: .little)
    bytes.writeBytes([[UInt8]](repeating: item, count: count).joined())
    return bytes
  }

  @Test func moreThan32MiBIsTooMuch() {
    expect(.resourceLimitation, ByteBuffer(repeating: 0, count: 32 * 1024 * 1024 + 1), Self.explicit)
  }

  /// A UID as long as a sender likes is refused nowhere but where it is judged, and can be answered.
  @Test(arguments: StorageCommitment.transferSyntaxes) func longUIDsSurvive(_ transferSyntax: UID) throws {
    let sop = SOPInstance(classUID: "1.2", instanceUID: UID(String(repeating: "1", count: 70_001)))
    let report = CommitmentEventInformation(transactionUID: "1.1", failed: [.init(sop: sop, reason: 0x0112)])
    let bytes = report.encoded(transferSyntax: transferSyntax)
    #expect(try CommitmentEventInformation(decoding: bytes, transferSyntax: transferSyntax) == report)
  }

  @Test(arguments: PayloadHostileCase.all) func isRefused(_ hostile: PayloadHostileCase) {
    expect(hostile.status, hostile.bytes, hostile.transferSyntax)
  }

  private func expect(_ status: Status, _ bytes: ByteBuffer, _ transferSyntax: UID) {
    let error = #expect(throws: CommitmentPayloadError.self) {
      try CommitmentActionInformation(decoding: bytes, transferSyntax: transferSyntax)
    }
    #expect(error?.status == status)
  }

  @Test(arguments: StorageCommitment.transferSyntaxes, 1...100)
  func damagedBytesEnd(_ transferSyntax: UID, _ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = random.report().encoded(transferSyntax: transferSyntax)
    for _ in 0..<random.int(1...8) { bytes.setInteger(random.byte(), at: random.int(0...bytes.readableBytes - 1)) }
    if let report = try? CommitmentEventInformation(decoding: bytes, transferSyntax: transferSyntax) {
      _ = report.encoded(transferSyntax: transferSyntax)
    }
    _ = try? CommitmentActionInformation(decoding: bytes, transferSyntax: transferSyntax)
    _ = try? CommitmentEventInformation(
      decoding: ByteBuffer(bytes: random.bytes(0...200)), transferSyntax: transferSyntax)
  }
}

extension SeededGenerator {
  fileprivate mutating func report() -> CommitmentEventInformation {
    let titles = Set(list(0...3) { $0.title() }).sorted { $0.rawValue < $1.rawValue }
    return CommitmentEventInformation(
      transactionUID: uid(), committed: list(0...20) { $0.sop() },
      failed: list(0...20) { .init(sop: $0.sop(), reason: $0.number()) }, retrieveAETitles: titles)
  }
}

struct PayloadVector: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let transferSyntax: UID
  let bytes: ByteBuffer

  static let request = CommitmentActionInformation(
    transactionUID: "2.25.1", references: [SOPInstance(classUID: "1.2.3", instanceUID: "1.2.3.4")])

  static let all = [
    Self(
      testDescription: "Implicit VR Little Endian", transferSyntax: CommitmentPayloadTests.implicit,
      bytes: ByteBuffer(
        hex: """
          08 00 95 11 06 00 00 00 "2.25.1"
          08 00 99 11 26 00 00 00
          FE FF 00 E0 1E 00 00 00
          08 00 50 11 06 00 00 00 "1.2.3" 00
          08 00 55 11 08 00 00 00 "1.2.3.4" 00
          """)),
    Self(
      testDescription: "Explicit VR Little Endian", transferSyntax: CommitmentPayloadTests.explicit,
      bytes: ByteBuffer(
        hex: """
          08 00 95 11 "UI" 06 00 "2.25.1"
          08 00 99 11 "SQ" 00 00 26 00 00 00
          FE FF 00 E0 1E 00 00 00
          08 00 50 11 "UI" 06 00 "1.2.3" 00
          08 00 55 11 "UI" 08 00 "1.2.3.4" 00
          """)),
    Self(
      testDescription: "Explicit VR Big Endian", transferSyntax: CommitmentPayloadTests.big,
      bytes: ByteBuffer(
        hex: """
          00 08 11 95 "UI" 00 06 "2.25.1"
          00 08 11 99 "SQ" 00 00 00 00 00 26
          FF FE E0 00 00 00 00 1E
          00 08 11 50 "UI" 00 06 "1.2.3" 00
          00 08 11 55 "UI" 00 08 "1.2.3.4" 00
          """)),
  ]
}

struct PayloadHostileCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let status: Status
  let bytes: ByteBuffer
  let transferSyntax: UID

  init(_ name: String, _ status: Status, _ hex: String, _ transferSyntax: UID = CommitmentPayloadTests.explicit) {
    testDescription = name
    self.status = status
    bytes = ByteBuffer(hex: hex)
    self.transferSyntax = transferSyntax
  }

  private static let transaction = #"08 00 95 11 "UI" 06 00 "2.25.1" "#
  private static let classUID = #"08 00 50 11 "UI" 04 00 "1.2" 00 "#
  private static let instanceUID = #"08 00 55 11 "UI" 04 00 "1.3" 00 "#
  private static let item = "FE FF 00 E0 FF FF FF FF "
  private static let endOfItem = "FE FF 0D E0 00 00 00 00 "
  private static let sequence = #"08 00 99 11 "SQ" 00 00 FF FF FF FF "#
  private static let endOfSequence = "FE FF DD E0 00 00 00 00 "
  private static let nested = #"09 00 01 10 "SQ" 00 00 FF FF FF FF "# + item

  static let all = [
    Self("no data set", .invalidArgumentValue, ""),
    Self(
      "no Transaction UID", .invalidArgumentValue, sequence + item + classUID + instanceUID + endOfItem + endOfSequence),
    Self(
      "empty Transaction UID", .invalidArgumentValue,
      #"08 00 95 11 "UI" 02 00 00 20"# + " " + sequence + item + classUID + instanceUID + endOfItem + endOfSequence),
    Self("no sequence", .invalidArgumentValue, transaction),
    Self("empty sequence", .invalidArgumentValue, transaction + #"08 00 99 11 "SQ" 00 00 00 00 00 00"#),
    Self("empty sequence with a delimiter", .invalidArgumentValue, transaction + sequence + endOfSequence),
    Self("item without UIDs", .invalidArgumentValue, transaction + sequence + item + endOfItem + endOfSequence),
    Self(
      "item without an instance", .invalidArgumentValue,
      transaction + sequence + item + classUID + endOfItem + endOfSequence),
    Self(
      "sequence without its end", .invalidArgumentValue,
      transaction + sequence + item + classUID + instanceUID + endOfItem),
    Self("item without its end", .invalidArgumentValue, transaction + sequence + item + classUID + instanceUID),
    Self("element past the end", .invalidArgumentValue, #"08 00 95 11 "UI" 08 00 "2.25.1""#),
    Self("item past its sequence", .invalidArgumentValue, transaction + sequence + "FE FF 00 E0 FE FF FF FF"),
    Self("no VR", .invalidArgumentValue, "08 00 95 11 06 00 00 00 31"),
    Self(
      "sequence of something else", .mistypedArgument,
      transaction + #"08 00 99 11 "UN" 00 00 08 00 00 00 "notitems""#),
    Self(
      "Transaction UID is a sequence", .mistypedArgument,
      #"08 00 95 11 "SQ" 00 00 FF FF FF FF"# + " " + endOfSequence),
    Self("nested too deeply", .resourceLimitation, transaction + sequence + item + nested + nested + nested + nested),
    Self("another transfer syntax", .processingFailure, transaction, "1.2.840.10008.1.2.1.99"),
  ]
}
