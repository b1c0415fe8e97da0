import NIOConcurrencyHelpers
import NIOCore

/// Buffers in which fragments gather until they are worth a write, used again by the next writer.
///
/// A chunk starts as long as the first fragment and grows up to ``chunkSize``, so a small instance stays cheap.
final class ChunkPool: Sendable {
  /// Smaller chunks cost a quarter of the throughput, larger ones bring nothing.
  static let chunkSize = 1 << 20

  private let limit: Int
  private let free = NIOLockedValueBox<[ByteBuffer]>([])
  private let allocator = ByteBufferAllocator()

  /// - Parameter limit: how many free chunks are kept.
  init(limit: Int) {
    self.limit = limit
  }

  /// An empty chunk: a used one, or a new one for at least `count` bytes.
  func take(for count: Int) -> ByteBuffer {
    free.withLockedValue { $0.popLast() } ?? allocator.buffer(capacity: min(count, ChunkPool.chunkSize))
  }

  /// Takes back a chunk that is written.
  func give(_ chunk: consuming ByteBuffer) {
    var chunk = chunk
    // `clear()` would make new memory while the caller still holds this.
    chunk.moveReaderIndex(to: 0)
    chunk.moveWriterIndex(to: 0)
    free.withLockedValue { if $0.count < limit { $0.append(chunk) } }
  }
}
