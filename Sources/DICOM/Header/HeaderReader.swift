/// Watches the bytes of a data set go by and keeps the few attributes that routing asks for.
///
/// Bytes may come in pieces of any size. Nothing is read after the last wanted attribute; long values are passed
/// over without being looked at; memory does not grow with the data set. A deflated data set is inflated only as
/// far as it takes, within a limit.
public struct HeaderReader: Sendable {
  /// How much of a data set is read before giving up.
  public struct Limits: Hashable, Sendable {
    /// Bytes kept of one value.
    public var valueLength = 64 * 1024
    /// Bytes of element headers and kept values.
    public var headerBytes = 16 * 1024 * 1024
    /// Elements, items and delimiters.
    public var elements = 1_000_000
    /// Sequences within sequences.
    public var depth = 64
    /// Bytes inflated of a deflated data set.
    public var inflatedBytes = 4 * 1024 * 1024

    public init() {}
  }

  private enum Stage {
    /// The first bytes are held back until they can be told from a Part 10 file.
    case opening([UInt8])
    case plain
    case deflated(DeflatedPrefix)
    case ended(Header.Condition)
  }

  private var stage = Stage.opening([])
  private var scanner: ElementScanner
  private let isDeflated: Bool
  private let limits: Limits

  /// - Parameter wanted: the attributes to keep, of the top level only. The character set is always kept.
  public init(transferSyntax: TransferSyntax, wanted: Set<Tag>, limits: Limits = Limits()) {
    scanner = ElementScanner(encoding: transferSyntax.elementEncoding, wanted: wanted, limits: limits)
    isDeflated = transferSyntax.isDeflated
    self.limits = limits
  }

  /// Whether more bytes can change nothing.
  public var isDone: Bool {
    if case .ended = stage { true } else { scanner.isDone }
  }

  /// Observes the next bytes of the data set; a cheap no-op once ``isDone``.
  public mutating func read(_ bytes: UnsafeRawBufferPointer) {
    guard !isDone, !bytes.isEmpty else { return }
    switch stage {
    case .opening(let held): open(held, bytes)
    case .plain: scanner.read(bytes)
    case .deflated(var prefix):
      stage = .plain  // so that the prefix is not copied
      prefix.append(bytes)
      if prefix.isWorthTrying { inflate(&prefix) }
      if !isDone { stage = .deflated(prefix) }
    case .ended: break
    }
  }

  /// The data set ended.
  public mutating func finish() -> Header {
    switch stage {
    case .opening(let held) where held.isEmpty: stage = .ended(.empty)
    case .opening(let held): begin(held)
    case .plain, .deflated, .ended: break
    }
    if case .deflated(var prefix) = stage {
      inflate(&prefix)
      if !isDone, prefix.ending == .incomplete { stage = .ended(.truncated) }
    }
    var header = scanner.finish()
    if case .ended(let condition) = stage { header.condition = condition }
    return header
  }

  /// Holds back what could be a Part 10 file's preamble, `DICM` and the start of group 0002 (PS3.10 §7.1).
  private mutating func open(_ held: [UInt8], _ bytes: UnsafeRawBufferPointer) {
    let taken = min(FileMeta.signatureEnd - held.count, bytes.count)
    let opening = held + bytes[..<taken]
    guard opening.count == FileMeta.signatureEnd else { return stage = .opening(opening) }
    guard !FileMeta.hasSignature(opening) else { return stage = .ended(.preamble) }
    begin(opening)
    read(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
  }

  private mutating func begin(_ opening: [UInt8]) {
    stage = isDeflated ? .deflated(DeflatedPrefix(start: scanner, limit: limits.inflatedBytes)) : .plain
    opening.withUnsafeBytes { read($0) }
  }

  private mutating func inflate(_ prefix: inout DeflatedPrefix) {
    if let reader = prefix.inflate() { scanner = reader }
    switch prefix.ending {
    case .damaged: stage = .ended(.unreadable(reason: "the deflated stream is damaged"))
    case .tooLong:
      stage = .ended(.unreadable(reason: "more than \(limits.inflatedBytes) bytes inflated before the last attribute"))
    case .finished, .incomplete, .stopped: break
    }
  }
}
