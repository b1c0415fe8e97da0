import DICOM
import DICOMProtocol
import NIOCore
import Testing

struct MessageAssemblerTests {
  static let store = CommandSet.storeRequest(sop: SOPInstance(classUID: "1.2", instanceUID: "1.3"), messageID: 1)
  static let echo = CommandSet.echoRequest(messageID: 2)

  static func command(_ command: CommandSet, context: UInt8 = 1) -> PDV {
    PDV(contextID: context, isCommand: true, isLast: true, fragment: command.encoded())
  }

  static func data(_ bytes: [UInt8], isLast: Bool = false, context: UInt8 = 1) -> PDV {
    PDV(contextID: context, isCommand: false, isLast: isLast, fragment: ByteBuffer(bytes: bytes))
  }

  private func event(_ bytes: [UInt8], isLast: Bool = false) -> MessageAssembler.Event {
    .dataSet(fragment: ByteBuffer(bytes: bytes), contextID: 1, isLast: isLast)
  }

  @Test func messagesInARow() throws {
    var assembler = MessageAssembler(contexts: [1, 3])
    #expect(try assembler.receive(Self.command(Self.echo, context: 3)) == .command(Self.echo, contextID: 3))
    #expect(!assembler.isInsideMessage)
    #expect(try assembler.receive(Self.command(Self.store)) == .command(Self.store, contextID: 1))
    #expect(assembler.isInsideMessage)
    #expect(try assembler.receive(Self.data([1, 2, 3])) == event([1, 2, 3]))
    #expect(try assembler.receive(Self.data([])) == event([]))
    #expect(try assembler.receive(Self.data([4], isLast: true)) == event([4], isLast: true))
    #expect(!assembler.isInsideMessage)
    #expect(try assembler.receive(Self.command(Self.echo)) == .command(Self.echo, contextID: 1))
  }

  /// Tags and lengths may be split anywhere.
  @Test func commandSetsInPieces() throws {
    let bytes = Self.store.encoded().array
    for split in 0...bytes.count {
      var assembler = MessageAssembler(contexts: [1])
      for _ in 0..<2 {
        let first = PDV(
          contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer(bytes: bytes[..<split]))
        let second = PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer(bytes: bytes[split...]))
        #expect(try assembler.receive(first) == nil)
        #expect(assembler.isInsideMessage)
        #expect(try assembler.receive(second) == .command(Self.store, contextID: 1))
        #expect(try assembler.receive(Self.data([1], isLast: true)) == event([1], isLast: true))
      }
    }
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let before: [PDV]
    let last: PDV
    let abort: Abort

    init(_ name: String, _ before: [PDV], _ last: PDV, _ abort: Abort = .unexpectedParameter) {
      testDescription = name
      self.before = before
      self.last = last
      self.abort = abort
    }
  }

  static let hostile = [
    Case("unknown or refused context", [], command(echo, context: 5)),
    Case("context 0", [], command(echo, context: 0)),
    Case("data on an unknown context", [], data([1], context: 5)),
    Case("context changes in the data set", [command(store)], data([1], context: 3)),
    Case(
      "context changes in the command set", [PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer())],
      command(echo, context: 3)),
    Case("data before any command", [], data([1])),
    Case(
      "data inside a command set", [PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer())],
      data([1])),
    Case("command while a data set is open", [command(store), data([1])], command(echo)),
    Case("command where a data set was announced", [command(store)], command(echo)),
    Case("data where none was announced", [command(echo)], data([1])),
    Case("data after the last fragment", [command(store), data([1], isLast: true)], data([2])),
    Case(
      "1001 empty data fragments", [command(store)] + [PDV](repeating: data([]), count: 1000), data([]),
      .invalidParameterValue),
    Case(
      "1001 empty command fragments",
      [PDV](repeating: PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer()), count: 1000),
      PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer()), .invalidParameterValue),
    Case(
      "command set never last",
      [PDV](
        repeating: PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer(repeating: 0, count: 16_384)),
        count: 4),
      PDV(contextID: 1, isCommand: true, isLast: false, fragment: ByteBuffer(repeating: 0, count: 1)),
      .invalidParameterValue),
    Case(
      "command set of more than 64 KiB", [],
      PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer(repeating: 0, count: 65_537)),
      .invalidParameterValue),
    Case(
      "empty command set", [], PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer()),
      .invalidParameterValue),
    Case(
      "no Command Field", [],
      PDV(contextID: 1, isCommand: true, isLast: true, fragment: ByteBuffer(hex: "00 00 10 01 02 00 00 00 01 00")),
      .invalidParameterValue),
  ]

  @Test(arguments: hostile) func isAborted(_ hostile: Case) throws {
    var assembler = MessageAssembler(contexts: [1, 3])
    for value in hostile.before { _ = try assembler.receive(value) }
    let error = #expect(throws: PDUError.self) { try assembler.receive(hostile.last) }
    #expect(error?.abort == hostile.abort)
  }

  @Test func emptyFragmentsCountOnlyInARow() throws {
    var assembler = MessageAssembler(contexts: [1])
    _ = try assembler.receive(Self.command(Self.store))
    for index in 1...5000 { _ = try assembler.receive(Self.data(index % 1000 == 0 ? [1] : [])) }
    #expect(assembler.isInsideMessage)
  }

  @Test func unknownCommandsAreTheCallersToAnswer() throws {
    var assembler = MessageAssembler(contexts: [1])
    let unknown = CommandSet(field: CommandField(rawValue: 0x0777), messageID: 1, hasDataSet: true)
    #expect(try assembler.receive(Self.command(unknown)) == .command(unknown, contextID: 1))
    #expect(try assembler.receive(Self.data([1], isLast: true)) == event([1], isLast: true))
  }

  /// Whatever comes: an event, nothing, or an error.
  @Test(arguments: 1...100) func randomFragmentsEnd(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var assembler = MessageAssembler(contexts: [1, 3, 5])
    let commands = [Self.store.encoded().array, Self.echo.encoded().array]
    for _ in 0..<200 {
      let fragment = random.flag() ? commands[random.int(0...1)] : random.bytes(0...30)
      let value = PDV(
        contextID: UInt8(random.int(0...5)), isCommand: random.flag(), isLast: random.flag(),
        fragment: ByteBuffer(bytes: fragment))
      guard case .command(let command, _)? = try? assembler.receive(value) else { continue }
      _ = CommandSet.response(to: command, status: .success).encoded()
    }
  }
}
