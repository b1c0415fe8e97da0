import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// Exact bytes of command sets, and the rules of PS3.7 §6.3.1.
struct CommandSetTests {
  @Test(arguments: CommandVector.all) func encodes(_ vector: CommandVector) {
    #expect(vector.command.encoded().array == vector.bytes.array)
    #expect(vector.bytes.readableBytes == vector.length)
  }

  @Test(arguments: CommandVector.all) func decodes(_ vector: CommandVector) throws {
    #expect(try CommandSet(decoding: vector.bytes) == vector.command)
  }

  @Test func echoAsAWholePDUHas80Bytes() throws {
    let command = CommandSet.echoRequest(messageID: 1).encoded()
    var bytes = ByteBuffer()
    PDU.data([PDV(contextID: 1, isCommand: true, isLast: true, fragment: command)]).encode(into: &bytes)
    #expect(bytes.readableBytes == 80)
    #expect(bytes.array.prefix(12) == ByteBuffer(hex: "04 00 00 00 00 4a 00 00 00 46 01 03").array[...])
  }

  @Test(arguments: 1...300) func whatIsEncodedIsDecoded(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let command = random.command()
    let bytes = command.encoded()
    #expect(try CommandSet(decoding: bytes) == command)
    #expect(bytes.readableBytes % 2 == 0)
    let groupLength: UInt32? = bytes.getInteger(at: 8, endianness: .little)
    #expect(groupLength.map { Int($0) } == bytes.readableBytes - 12)
  }

  @Test(arguments: 1...300) func damagedBytesEnd(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = random.command().encoded()
    for _ in 0..<random.int(1...6) { bytes.setInteger(random.byte(), at: random.int(0...bytes.readableBytes - 1)) }
    if let command = try? CommandSet(decoding: bytes) { _ = command.encoded() }
    _ = try? CommandSet(decoding: ByteBuffer(bytes: random.bytes(0...200)))
  }

  @Test func orderAndGroupLengthDoNotMatterAndDuplicatesAreIgnored() throws {
    let bytes = ByteBuffer(
      hex: """
        00 00 10 01 02 00 00 00 07 00
        00 00 00 01 02 00 00 00 30 00
        00 00 10 01 02 00 00 00 08 00
        00 00 00 00 04 00 00 00 FF FF FF FF
        00 00 00 08 02 00 00 00 01 01
        00 00 FF 77 01 00 00 00 09
        """)
    #expect(try CommandSet(decoding: bytes) == CommandSet(field: .cEchoRequest, messageID: 7))
  }

  @Test(
    arguments: [(0x0101, false), (0x0000, true), (0x0001, true), (0x0102, true), (0xFEFE, true)] as [(UInt16, Bool)])
  func anythingButOneValueAnnouncesADataSet(_ type: UInt16, _ hasDataSet: Bool) throws {
    var bytes = ByteBuffer(hex: "00 00 00 01 02 00 00 00 01 00 00 00 00 08 02 00 00 00")
    bytes.writeInteger(type, endianness: .little)
    #expect(try CommandSet(decoding: bytes).hasDataSet == hasDataSet)
  }

  @Test func emptyValuesAreNone() throws {
    let bytes = ByteBuffer(
      hex: """
        00 00 00 01 02 00 00 00 01 00  00 00 02 00 00 00 00 00  00 00 00 10 02 00 00 00 00 20
        00 00 10 01 00 00 00 00  00 00 02 09 00 00 00 00
        """)
    #expect(try CommandSet(decoding: bytes) == CommandSet(field: .cStoreRequest))
  }

  /// Kept for the answer and the log, never trusted.
  @Test(arguments: ["..", "../../etc/passwd", "1.2\0.3", "1.2\n3", "%s%n", String(repeating: "1", count: 60_000)])
  func hostileUIDsAreKeptAsReceived(_ text: String) throws {
    let request = CommandSet(
      field: .cStoreRequest, messageID: 3, affectedSOPClassUID: "1.2", affectedSOPInstanceUID: UID(text))
    let decoded = try CommandSet(decoding: request.encoded())
    #expect(decoded.affectedSOPInstanceUID == UID(text))
    #expect(decoded.affectedSOPInstanceUID?.isValid == false)
    let response = CommandSet.response(to: decoded, status: .invalidSOPInstance)
    #expect(response.encoded().readableBytes < 300)
  }

  @Test(arguments: CommandHostileCase.all) func isAborted(_ hostile: CommandHostileCase) {
    let error = #expect(throws: PDUError.self) { try CommandSet(decoding: hostile.bytes) }
    #expect(error?.abort == .invalidParameterValue)
  }

  @Test func sixtyFourElementsAreTaken() throws {
    let bytes = ByteBuffer(bytes: CommandHostileCase.elements(63)) + ByteBuffer(hex: "00 00 00 01 02 00 00 00 01 00")
    #expect(try CommandSet(decoding: bytes).field == .cStoreRequest)
  }

  /// VR LO: 64 characters without backslash and controls, padded with a space.
  @Test func errorCommentsAreMadeLegal() throws {
    var command = CommandSet(field: .cStoreResponse, status: 0xA700)
    command.errorComment = "a\\b\nc\u{1F4A9}é"
    #expect(try CommandSet(decoding: command.encoded()).errorComment == "a?b?c??")
    command.errorComment = String(repeating: "x", count: 100)
    #expect(try CommandSet(decoding: command.encoded()).errorComment == String(repeating: "x", count: 64))
  }
}

struct CommandHostileCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let bytes: ByteBuffer

  static let all = [
    Self(testDescription: "nothing", bytes: ByteBuffer()),
    Self(testDescription: "no Command Field", bytes: ByteBuffer(hex: "00 00 10 01 02 00 00 00 01 00")),
    Self(testDescription: "Command Field of one byte", bytes: ByteBuffer(hex: "00 00 00 01 01 00 00 00 01")),
    Self(
      testDescription: "explicit VR",
      bytes: ByteBuffer(hex: #"00 00 00 00 "UL" 04 00 0A 00 00 00 00 00 00 01 "US" 02 00 30 00"#)),
    Self(
      testDescription: "another group",
      bytes: ByteBuffer(hex: "00 00 00 01 02 00 00 00 30 00 08 00 18 00 00 00 00 00")),
    Self(testDescription: "element past the end", bytes: ByteBuffer(hex: "00 00 00 01 03 00 00 00 30 00")),
    Self(testDescription: "element of length FFFFFFFF", bytes: ByteBuffer(hex: "00 00 00 01 FF FF FF FF 30 00")),
    Self(testDescription: "header cut off", bytes: ByteBuffer(hex: "00 00 00 01 02 00 00 00 30 00 00 00")),
    Self(testDescription: "65 elements", bytes: ByteBuffer(bytes: elements(65))),
    Self(testDescription: "more than 64 KiB", bytes: ByteBuffer(repeating: 0, count: 65_537)),
  ]

  /// Empty elements with different numbers.
  static func elements(_ count: Int) -> [UInt8] { (0..<count).flatMap { [0, 0, UInt8($0), 0x7F, 0, 0, 0, 0] } }
}

struct CommandVector: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let length: Int
  let command: CommandSet
  let bytes: ByteBuffer

  static let all = [
    Self(
      testDescription: "C-ECHO-RQ", length: 68, command: .echoRequest(messageID: 1),
      bytes: ByteBuffer(
        hex: """
          00 00 00 00 04 00 00 00 38 00 00 00
          00 00 02 00 12 00 00 00 "1.2.840.10008.1.1" 00
          00 00 00 01 02 00 00 00 30 00
          00 00 10 01 02 00 00 00 01 00
          00 00 00 08 02 00 00 00 01 01
          """)),
    Self(
      testDescription: "C-ECHO-RSP", length: 78,
      command: .response(to: .echoRequest(messageID: 1), status: .success),
      bytes: ByteBuffer(
        hex: """
          00 00 00 00 04 00 00 00 42 00 00 00
          00 00 02 00 12 00 00 00 "1.2.840.10008.1.1" 00
          00 00 00 01 02 00 00 00 30 80
          00 00 20 01 02 00 00 00 01 00
          00 00 00 08 02 00 00 00 01 01
          00 00 00 09 02 00 00 00 00 00
          """)),
    Self(
      testDescription: "C-STORE-RQ", length: 98,
      command: .storeRequest(
        sop: SOPInstance(classUID: "1.2.840.1", instanceUID: "1.2.3"), messageID: 0x1234, priority: 2),
      bytes: ByteBuffer(
        hex: """
          00 00 00 00 04 00 00 00 56 00 00 00
          00 00 02 00 0A 00 00 00 "1.2.840.1" 00
          00 00 00 01 02 00 00 00 01 00
          00 00 10 01 02 00 00 00 34 12
          00 00 00 07 02 00 00 00 02 00
          00 00 00 08 02 00 00 00 01 00
          00 00 00 10 06 00 00 00 "1.2.3" 00
          00 00 30 10 06 00 00 00 "MOVER "
          """)
    ).replacing { $0.moveOriginatorAE = "MOVER" },
    Self(
      testDescription: "N-ACTION-RQ", length: 110, command: .commitmentRequest(messageID: 5),
      bytes: ByteBuffer(
        hex: """
          00 00 00 00 04 00 00 00 62 00 00 00
          00 00 03 00 14 00 00 00 "1.2.840.10008.1.20.1"
          00 00 00 01 02 00 00 00 30 01
          00 00 10 01 02 00 00 00 05 00
          00 00 00 08 02 00 00 00 01 00
          00 00 01 10 16 00 00 00 "1.2.840.10008.1.20.1.1"
          00 00 08 10 02 00 00 00 01 00
          """)),
    Self(
      testDescription: "N-EVENT-REPORT-RQ", length: 110, command: .commitmentReport(eventTypeID: 2, messageID: 6),
      bytes: ByteBuffer(
        hex: """
          00 00 00 00 04 00 00 00 62 00 00 00
          00 00 02 00 14 00 00 00 "1.2.840.10008.1.20.1"
          00 00 00 01 02 00 00 00 00 01
          00 00 10 01 02 00 00 00 06 00
          00 00 00 08 02 00 00 00 01 00
          00 00 00 10 16 00 00 00 "1.2.840.10008.1.20.1.1"
          00 00 02 10 02 00 00 00 02 00
          """)),
    Self(
      testDescription: "N-EVENT-REPORT-RSP", length: 120,
      command: .response(to: .commitmentReport(eventTypeID: 2, messageID: 6), status: .success),
      bytes: ByteBuffer(
        hex: """
          00 00 00 00 04 00 00 00 6C 00 00 00
          00 00 02 00 14 00 00 00 "1.2.840.10008.1.20.1"
          00 00 00 01 02 00 00 00 00 81
          00 00 20 01 02 00 00 00 06 00
          00 00 00 08 02 00 00 00 01 01
          00 00 00 09 02 00 00 00 00 00
          00 00 00 10 16 00 00 00 "1.2.840.10008.1.20.1.1"
          00 00 02 10 02 00 00 00 02 00
          """)),
  ]

  private func replacing(_ change: (inout CommandSet) -> Void) -> Self {
    var command = command
    change(&command)
    return Self(testDescription: testDescription, length: length, command: command, bytes: bytes)
  }
}

extension SeededGenerator {
  fileprivate mutating func command() -> CommandSet {
    CommandSet(
      field: CommandField(rawValue: number()), messageID: optional { $0.number() },
      messageIDBeingRespondedTo: optional { $0.number() }, affectedSOPClassUID: optional { $0.uid() },
      requestedSOPClassUID: optional { $0.uid() }, affectedSOPInstanceUID: optional { $0.uid() },
      requestedSOPInstanceUID: optional { $0.uid() }, priority: optional { $0.number() }, hasDataSet: flag(),
      status: optional { $0.number() }, offendingElements: list(0...3) { Tag($0.number(), $0.number()) },
      errorComment: optional { $0.text(1...64) }, eventTypeID: optional { $0.number() },
      actionTypeID: optional { $0.number() }, moveOriginatorAE: optional { $0.title() },
      moveOriginatorMessageID: optional { $0.number() })
  }
}

extension ByteBuffer {
  fileprivate static func + (left: ByteBuffer, right: ByteBuffer) -> ByteBuffer {
    var both = left
    both.writeImmutableBuffer(right)
    return both
  }
}
