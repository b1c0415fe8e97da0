import NIOConcurrencyHelpers
public import NIOCore

/// The data set of a request that is sent.
public enum OutgoingDataSet: Sendable {
  case bytes(ByteBuffer)
  case source(any DataSetSource)
  case stream(any DataSetStream)
}

/// A data set read in order on an I/O thread, straight into the PDUs. One call at a time.
///
/// A throw aborts the association without the last fragment, so that the peer never takes the rest for whole.
public protocol DataSetSource: AnyObject, Sendable {
  /// In bytes, known before the first byte is sent.
  var length: Int { get }

  /// Fills the regions one after the other with the bytes that follow those of the last call.
  ///
  /// - Parameter regions: not empty, and together never more than what is left of ``length``.
  /// - Throws: when they cannot all be filled.
  func read(into regions: [UnsafeMutableRawBufferPointer]) throws
}

/// The data set of the request that comes next on an association, of which the first bytes are read while the answer to
/// the one before is awaited.
public struct UpcomingDataSet: Sendable {
  public let source: any DataSetSource
  /// The presentation context it is going to be sent on.
  public let context: UInt8

  public init(source: any DataSetSource, context: UInt8) {
    self.source = source
    self.context = context
  }
}

/// A data set that is made while it is sent, on an I/O thread, so that its length is known at its end only. One call at
/// a time.
///
/// A throw aborts the association without the last fragment, so that the peer never takes the rest for whole.
public protocol DataSetStream: Sendable {
  /// Fills the regions one after the other with the bytes that follow those of the last call.
  ///
  /// - Parameter regions: not empty.
  /// - Returns: how much there was. Only the last piece may be shorter than the regions.
  func read(into regions: [UnsafeMutableRawBufferPointer]) throws -> DataSetPiece
}

/// What one read of a ``DataSetStream`` gave.
public struct DataSetPiece: Equatable, Sendable {
  /// In bytes.
  public var count: Int
  /// Whether the data set ends with it.
  public var isLast: Bool

  public init(count: Int, isLast: Bool) {
    self.count = count
    self.isLast = isLast
  }
}

/// Where the bytes of a data set come from, as the sender sees it.
enum OutgoingContent: Sendable {
  case source(any DataSetSource)
  case stream(any DataSetStream)

  init(_ dataSet: OutgoingDataSet) {
    switch dataSet {
    case .bytes(let buffer): self = .source(BufferSource(buffer))
    case .source(let source): self = .source(source)
    case .stream(let stream): self = .stream(stream)
    }
  }

  /// In bytes; nil when only its end will tell.
  var length: Int? {
    switch self {
    case .source(let source): source.length
    case .stream: nil
    }
  }
}

/// What is already in memory, as a source.
final class BufferSource: DataSetSource {
  let length: Int
  private let unread: NIOLockedValueBox<ByteBuffer>

  init(_ bytes: ByteBuffer) {
    length = bytes.readableBytes
    unread = NIOLockedValueBox(bytes)
  }

  func read(into regions: [UnsafeMutableRawBufferPointer]) {
    unread.withLockedValue { bytes in
      for region in regions {
        bytes.readWithUnsafeReadableBytes { source in
          region.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(region.count)))
          return min(region.count, source.count)
        }
      }
    }
  }
}
