/// An endpoint that verifies Standard Webhooks signatures on its own: `webhooks.py`.
package struct WebhookReceiver: Sendable {
  package let port: Int
  /// The secret that the sender is given.
  package let secret: String
  private let peer: PythonPeer

  /// A request that arrived.
  package struct Delivery: Sendable {
    package var id: String
    /// What it was answered.
    package var status: Int
    package var isVerified: Bool
    package var body: JSON

    package var type: String { body["type"].string ?? "" }
  }

  package var url: String { "http://127.0.0.1:\(port)/escrow" }

  package static func start(
    on stage: Stage, secret: String = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  ) async throws -> WebhookReceiver {
    let port = try stage.ports.next()
    let peer = try await stage.python(
      "webhooks.py", ["--port", "\(port)", "--secret", secret], named: "webhooks-\(port)")
    return WebhookReceiver(port: port, secret: secret, peer: peer)
  }

  /// Answers with this status from now on.
  package func answer(_ status: Int) async throws { try await peer.ask("set", ["status": .number(Double(status))]) }

  /// Waits so many seconds before each answer.
  package func delay(_ seconds: Double) async throws { try await peer.ask("set", ["delay": .number(seconds)]) }

  /// Takes requests and does not answer them as long as it holds.
  package func hold(_ holds: Bool) async throws { try await peer.ask("set", ["hold": .bool(holds)]) }

  package func up() async throws { try await peer.ask("up") }

  /// Refuses connections.
  package func down() async throws { try await peer.ask("down") }

  /// Everything that arrived so far.
  package func received() async throws -> [Delivery] {
    try await peer.ask("received")["requests"].items.map { request in
      Delivery(
        id: request["id"].string ?? "", status: request["status"].int ?? 0,
        isVerified: request["verified"].bool ?? false, body: request["body"])
    }
  }
}
