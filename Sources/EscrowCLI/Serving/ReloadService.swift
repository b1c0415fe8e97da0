import AdminAPI
import EscrowConfiguration
import EscrowEngine
import EscrowSpool
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again on SIGHUP, and when a route file changed and was let alone for a while.
struct ReloadService: Service {
  let reload: Reload
  let context: EngineContext
  let readiness: Readiness

  /// How often the route files are looked at. A change counts when two looks see the same.
  private static let pause = Duration.seconds(2)

  func run() async throws {
    // From now on: until somebody listens to it, the signal is remembered.
    let signals = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      do {
        // What recovery brings together is not to be changed meanwhile.
        while !readiness.isListening { try await Task.sleep(for: .milliseconds(50)) }
        try await reload.endAlarms()
      } catch {
        guard !(error is CancellationError) else { return }
        context.logger.error("an alarm of an earlier run could not be ended: \(error)")
      }
      await withDiscardingTaskGroup { group in
        group.addTask { for await _ in signals { await run(by: "SIGHUP") } }
        group.addTask { await watch() }
      }
    }
  }

  private func watch() async {
    var last: RouteFolderState?
    while !Task.isCancelled {
      let now = try? await context.pool.runIfActive { RouteFolderState(of: context.settings.routesPath) }
      if let now, now == last, reload.isStale(now) { await run(by: "changed route files") }
      last = now
      try? await Task.sleep(for: Self.pause)
    }
  }

  /// Whoever asked hears nothing; the log and the alarm tell.
  private func run(by actor: String) async {
    do {
      _ = try await reload.run(by: actor)
    } catch let error where error is ConfigurationError || error is RuleConflict {
      return
    } catch {
      context.logger.error("the configuration could not be read again: \(error)", metadata: ["actor": "\(actor)"])
    }
  }
}
