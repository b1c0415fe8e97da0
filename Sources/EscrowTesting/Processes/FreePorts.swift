import Glibc
import NIOConcurrencyHelpers

/// TCP ports that the kernel chose and that nobody else gets until the end of the test.
///
/// Each stays bound, but never listens: a server that sets `SO_REUSEADDR`, as all of ours and all the peers do, can
/// bind it beside us, while the kernel gives it to no other socket.
package final class FreePorts: Sendable {
  private let sockets = NIOLockedValueBox<[CInt]>([])

  package init() {}

  deinit {
    for socket in sockets.withLockedValue({ $0 }) { close(socket) }
  }

  /// A port that is free on every address.
  package func next() throws -> Int {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ProcessError("no socket: errno \(errno)") }
    sockets.withLockedValue { $0.append(descriptor) }
    var on: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard result else { throw ProcessError("no free port: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
