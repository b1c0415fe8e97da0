import ServiceLifecycle

/// Sends: one queue per destination, so that one destination's trouble is its own.
package struct DeliveryService: Service {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  package func run() async throws {
    await withDiscardingTaskGroup { group in
      for await destination in context.destinations.stream() {
        group.addTask { await DestinationQueue(destination: destination, context: context).run() }
      }
    }
  }
}
