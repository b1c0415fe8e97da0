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
    var failure: String?
    while !Task.isCancelled {
      let now = try? await context.pool.runIfActive { RouteFolderState(of: context.settings.routesPath) }
      if let now, now == last, reload.isStale(now) { failure = await run(by: "changed route files", after: failure) }
      last = now
      try? await Task.sleep(for: Self.pause)
    }
  }

  /// Whoever asked hears nothing; the log and the alarm tell. Returns what failed, if it is not the configuration's
  /// fault; what failed before so is told at a lower level, since it may fail every few seconds.
  @discardableResult
  func run(by actor: String, after failure: String? = nil) async -> String? {
    do {
      _ = try await reload.run(by: actor)
      return nil
    } catch let error where error.isOfConfiguration {
      return nil
    } catch {
      let text = "the configuration could not be read again: \(error)"
      context.logger.log(level: text == failure ? .debug : .error, "\(text)", metadata: ["actor": "\(actor)"])
      return text
    }
  }
}
