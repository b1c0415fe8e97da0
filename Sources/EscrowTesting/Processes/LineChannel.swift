import Foundation
import Glibc
import NIOConcurrencyHelpers

/// Questions and answers, a line each, over a socket that is a child process's standard input and output.
final class LineChannel: Sendable {
  /// The child's end.
  let childEnd: Int32
  private let end: Int32
  /// What was read beyond the last line. Its lock makes question and answer one step.
  private let unread = NIOLockedValueBox<[UInt8]>([])

  init() throws {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw ProcessError("no socket pair: errno \(errno)") }
    (end, childEnd) = (ends[0], ends[1])
  }

  deinit { close(end) }

  /// Closes the end that the child has by now.
  func childHasStarted() { close(childEnd) }

  /// Writes a line, unless it is nil, and reads the next one; nil when the child has gone.
  func ask(_ question: String?) async throws -> String? {
    try await onThread { finish in
      finish(.success(self.unread.withLockedValue { unread in self.exchange(question, &unread) }))
    }
  }

  private func exchange(_ question: String?, _ unread: inout [UInt8]) -> String? {
    if let question {
      let bytes = Array((question + "\n").utf8)
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return nil }
        sent += count
      }
    }
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread.removeFirst(newline + 1) }
        return String(decoding: unread[..<newline], as: UTF8.self)
      }
      let count = read(end, &chunk, chunk.count)
      guard count > 0 else { return nil }
      unread += chunk[..<count]
    }
  }
}
