import ServiceLifecycle
import Webhooks

/// The dispatcher as a service that ends in order.
struct WebhookService: Service {
  let dispatcher: WebhookDispatcher

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await dispatcher.run()
    } onGracefulShutdown: {
      dispatcher.shutdown()
    }
  }
}
