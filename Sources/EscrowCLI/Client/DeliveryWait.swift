import AdminAPI
import Foundation

/// Waits until deliveries have ended.
struct DeliveryWait {
  let client: EscrowClient
  /// Seconds.
  let timeout: Int

  /// The deliveries as they are when all have ended, or when the time is over.
  func outcomes(of sent: [SentBody]) throws -> [DeliveryBody] {
    let progress = Progress(total: sent.count)
    let deadline = Date().addingTimeInterval(Double(timeout))
    var ended: [Int64: DeliveryBody] = [:]
    while true {
      var current: [DeliveryBody] = []
      for entry in sent {
        let body = try ended[entry.delivery] ?? delivery(entry)
        if ["delivered", "failed", "cancelled", "waived", "superseded"].contains(body.state) {
          ended[entry.delivery] = body
        }
        current.append(body)
      }
      progress.show(ended.count)
      if ended.count == sent.count || Date() >= deadline {
        progress.end()
        return current
      }
      Thread.sleep(forTimeInterval: 0.25)
    }
  }

  private func delivery(_ sent: SentBody) throws -> DeliveryBody {
    let body = try client.get(QueueBody.self, "/api/v1/deliveries/\(sent.delivery)", json: false)
    return body.delivery
  }
}
