import Glibc

/// Nobody can connect, because the address cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
  package let service: String
  package let host: String
  package let port: Int
  package let errno: Int32

  /// What happened and what to do.
  package var description: String {
    let cause = String(cString: strerror(errno))
    let advice =
      errno == EADDRINUSE
      ? "another process has it: stop that one, or configure another port"
      : errno == EACCES ? "ports below 1024 need a capability: configure another port" : "check host and port"
    return "cannot listen for \(service) on \(host):\(port): \(cause); \(advice)"
  }
}
