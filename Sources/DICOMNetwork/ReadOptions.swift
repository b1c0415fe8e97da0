import NIOCore

/// How sockets are read.
enum ReadOptions {
  /// So many buffers may be filled before a receiver that has enough is heard: what an association may hold unread.
  static let messagesPerRead: UInt = 4
  /// An association that is idle or that sends little keeps little; one that sends much gets buffers for it.
  static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1 << 12, initial: 1 << 16, maximum: 1 << 18)
}
