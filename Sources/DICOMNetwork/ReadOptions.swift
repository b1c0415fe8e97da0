import NIOCore

/// How sockets are read.
enum ReadOptions {
  /// So many buffers may be filled before a receiver that has enough is heard: what an association may hold unread.
  static let messagesPerRead: UInt = 4
  static let allocator = FixedSizeRecvByteBufferAllocator(capacity: 1 << 19)
}
