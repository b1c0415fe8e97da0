import Foundation
import NIOCore
import NIOPosix

/// Why no connection could be opened, in a person's words: what the system said of each address that was tried.
enum ConnectFailure {
  static func text(_ error: any Error, host: String, port: Int) -> String {
    "\(host):\(port): \(cause(error))"
  }

  private static func cause(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError: cause(error)
    case ChannelError.connectTimeout(let limit): "no answer within \(limit.nanoseconds / 1_000_000) ms"
    case let error as IOError: system(error)
    default: "\(error)"
    }
  }

  private static func cause(_ error: NIOConnectionError) -> String {
    let failures = error.connectionErrors.map { cause($0.error) }
    guard failures.isEmpty else {
      return Set(failures).sorted().joined(separator: "; ")
    }
    let lookups = [error.dnsAError, error.dnsAAAAError].compactMap { $0 }
    return lookups.isEmpty ? "no address" : "the name cannot be resolved"
  }

  private static func system(_ error: IOError) -> String {
    String(cString: strerror(error.errnoCode))
  }
}
