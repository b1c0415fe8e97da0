import AdminAPI
import NIOPosix

/// Watches the demo's instances and prints each change of the numbers.
struct DemoWatch: Sendable {
  let client: EscrowClient
  let total: Int

  /// Returns when all are purged.
  func run() async throws {
    var last = ""
    while true {
      let status = try await NIOThreadPool.singleton.runIfActive {
        try client.get(StatusBody.self, "/api/v1/status", json: false)
      }
      let line = Self.line(status)
      if line != last { print(line) }
      last = line
      if status.instances["purged"] == total { return }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private static func line(_ status: StatusBody) -> String {
    func number(_ counts: [String: Int], _ states: String...) -> Int { states.reduce(0) { $0 + (counts[$1] ?? 0) } }
    let received = status.instances.values.reduce(0, +)
    let sent = number(status.deliveries, "sent", "requested", "delivered")
    return "received \(received)  sent \(sent)  committed \(number(status.deliveries, "delivered"))"
      + "  purged \(number(status.instances, "purged"))"
  }
}
