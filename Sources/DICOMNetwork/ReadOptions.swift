import NIOCore

/// How sockets are read.
enum ReadOptions {
  static let messagesPerRead: UInt = 16
  static let allocator = FixedSizeRecvByteBufferAllocator(capacity: 1 << 20)
}
