/// What a ``HeaderReader`` found in a data set: the wanted attributes of its top level, and how far they can be trusted.
public struct Header: Equatable, Sendable {
  /// Value bytes as they came, padding included; longer ones than the limit are cut.
  public var elements: [Tag: [UInt8]]
  /// Sequences that have an item at least; their items are not kept.
  public var sequences: Set<Tag> = []
  /// The VRs that explicit headers gave.
  public var representations: [Tag: VR]
  /// Whether numbers have their high byte first.
  public var isBigEndian: Bool
  public var condition: Condition
  public var oddities: Oddities

  public init(
    elements: [Tag: [UInt8]] = [:], representations: [Tag: VR] = [:], isBigEndian: Bool = false,
    condition: Condition = .complete, oddities: Oddities = []
  ) {
    self.elements = elements
    self.representations = representations
    self.isBigEndian = isBigEndian
    self.condition = condition
    self.oddities = oddities
  }

  /// How the part of the data set ended that decides about routing. What follows it is not judged.
  public enum Condition: Equatable, Sendable {
    /// Every wanted attribute that the data set has was read.
    case complete
    /// No byte came.
    case empty
    /// A Part 10 file with preamble came instead of a data set (PS3.10 §7.1).
    case preamble
    /// The bytes ended inside an element before the last wanted attribute.
    case truncated
    /// All bytes came, but they cannot be understood, or not within the limits.
    case unreadable(reason: String)
  }

  /// Mistakes of the writer that could be read over.
  public struct Oddities: OptionSet, Hashable, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A wanted value was longer than the limit, and cut.
    public static let valueCut = Oddities(rawValue: 1 << 0)
    /// Tags did not ascend, or came twice; the first one counts (PS3.5 §7.1).
    public static let unordered = Oddities(rawValue: 1 << 1)
    /// A delimiter ended nothing, or the wrong thing.
    public static let strayDelimiter = Oddities(rawValue: 1 << 2)
    /// A VR was none, and the form of its header a guess.
    public static let guessedVR = Oddities(rawValue: 1 << 3)
    /// File Meta Information stood in front of the data set.
    public static let fileMeta = Oddities(rawValue: 1 << 4)
    /// A value had an odd length (PS3.5 §7.1.1).
    public static let oddLength = Oddities(rawValue: 1 << 5)
  }
}
