import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Has the kernel acknowledge what was received at once, on Linux.
///
/// Many peers write header and payload separately with Nagle's algorithm on; then every message costs a delayed
/// acknowledgement of 40 ms. The kernel falls back to delaying by itself, so this is armed again after every read.
struct QuickAcknowledgement {
  private let descriptor: CInt?

  /// Does nothing on a channel without a socket.
  init(_ pipeline: ChannelPipeline.SynchronousOperations) {
    let found = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
    descriptor = found.flatMap { $0 }
  }

  /// To be called only while the channel is active: afterwards the number may be another socket's.
  func arm() {
    #if os(Linux)
      guard let descriptor else { return }
      var on: CInt = 1
      _ = setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_QUICKACK, &on, socklen_t(MemoryLayout<CInt>.size))
    #endif
  }
}
