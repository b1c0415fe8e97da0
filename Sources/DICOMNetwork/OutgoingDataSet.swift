import NIOConcurrencyHelpers
public import NIOCore

/// The data set of a request that is sent.
public enum OutgoingDataSet: Sendable {
  case bytes(ByteBuffer)
  case source(any DataSetSource)

  /// In bytes.
  public var length: Int {
    switch self {
    case .bytes(let buffer): buffer.readableBytes
    case .source(let source): source.length
    }
  }
}

/// A data set read in order on an I/O thread, straight into the PDUs. One call at a time.
///
/// A throw aborts the association without the last fragment, so that the peer never takes the rest for whole.
public protocol DataSetSource: Sendable {
  /// In bytes, known before the first byte is sent.
  var length: Int { get }

  /// Fills the regions one after the other with the bytes that follow those of the last call.
  ///
  /// - Parameter regions: not empty, and together never more than what is left of ``length``.
  /// - Throws: when they cannot all be filled.
  func read(into regions: [UnsafeMutableRawBufferPointer]) throws
}

extension OutgoingDataSet {
  /// Both kinds as a source.
  var asSource: any DataSetSource {
    switch self {
    case .bytes(let buffer): BufferSource(buffer)
    case .source(let source): source
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
