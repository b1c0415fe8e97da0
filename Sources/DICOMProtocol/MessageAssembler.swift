public import NIOCore

/// Puts the fragments of one direction together to messages (PS3.8 Annex E, PS3.7 §6.3).
///
/// Data set fragments pass through as they come; only a command set that comes in pieces is copied.
public struct MessageAssembler: Sendable {
  /// What a fragment completes.
  public enum Event: Equatable, Sendable {
    /// A whole command set; when it says so, a data set follows in ``dataSet(fragment:contextID:isLast:)``.
    case command(CommandSet, contextID: UInt8)
    /// The next bytes of the data set that the last command announced.
    case dataSet(fragment: ByteBuffer, contextID: UInt8, isLast: Bool)
  }

  private enum Expectation: Equatable {
    case command
    case restOfCommand(contextID: UInt8)
    case dataSet(contextID: UInt8)
  }

  /// Empty fragments in a row that are put up with.
  public static let maximumEmptyFragments = 1000

  private let contexts: Set<UInt8>
  private var expected = Expectation.command
  private var command = ByteBuffer()
  private var emptyFragments = 0

  /// `contexts` are the identifiers of the accepted presentation contexts.
  public init(contexts: Set<UInt8>) { self.contexts = contexts }

  /// Whether a message has begun and not ended: a release is not allowed here.
  public var isInsideMessage: Bool { expected != .command }

  /// Takes the next fragment and returns what it completes, if anything.
  public mutating func receive(_ value: PDV) throws(PDUError) -> Event? {
    try countEmpty(value)
    switch (expected, value.isCommand) {
    case (.command, true):
      guard contexts.contains(value.contextID) else {
        throw .unexpected("presentation context \(value.contextID) was not accepted")
      }
      return try receiveCommand(value)
    case (.restOfCommand(let contextID), true):
      try requireSameContext(value, contextID)
      return try receiveCommand(value)
    case (.dataSet(let contextID), false):
      try requireSameContext(value, contextID)
      if value.isLast { expected = .command }
      return .dataSet(fragment: value.fragment, contextID: contextID, isLast: value.isLast)
    case (.command, false), (.restOfCommand, false): throw .unexpected("data set fragment without a command")
    case (.dataSet, true): throw .unexpected("command fragment inside a data set")
    }
  }

  private mutating func receiveCommand(_ value: PDV) throws(PDUError) -> Event? {
    guard command.readableBytes + value.fragment.readableBytes <= CommandSet.maximumLength else {
      throw .invalid("command set longer than \(CommandSet.maximumLength) bytes")
    }
    guard value.isLast else {
      command.writeImmutableBuffer(value.fragment)
      expected = .restOfCommand(contextID: value.contextID)
      return nil
    }
    let whole = try CommandSet(decoding: takeCommand(endingWith: value.fragment))
    expected = whole.hasDataSet ? .dataSet(contextID: value.contextID) : .command
    return .command(whole, contextID: value.contextID)
  }

  private mutating func takeCommand(endingWith fragment: ByteBuffer) -> ByteBuffer {
    guard command.readableBytes > 0 else { return fragment }
    command.writeImmutableBuffer(fragment)
    defer { command = ByteBuffer() }
    return command
  }

  private mutating func countEmpty(_ value: PDV) throws(PDUError) {
    emptyFragments = value.fragment.readableBytes == 0 ? emptyFragments + 1 : 0
    guard emptyFragments <= MessageAssembler.maximumEmptyFragments else {
      throw .invalid("more than \(MessageAssembler.maximumEmptyFragments) empty fragments in a row")
    }
  }

  private func requireSameContext(_ value: PDV, _ contextID: UInt8) throws(PDUError) {
    guard value.contextID == contextID else {
      throw .unexpected("presentation context changes from \(contextID) to \(value.contextID) inside a message")
    }
  }
}
