import EscrowCore
import Logging
import ServiceLifecycle

/// Asks the destinations by query whether they have what they were sent: one loop per destination.
package struct QueryService: Service {
  private let context: EngineContext

  /// What is asked for over one association at most.
  static let limit = 1000
  /// The longest wait where finds grow old: the purge makes them due and wakes nobody.
  private static let recheckTick = Duration.seconds(10)

  package init(context: EngineContext) { self.context = context }

  package func run() async throws {
    await withDiscardingTaskGroup { group in
      for await destination in context.destinations.stream() {
        group.addTask { await askAll(destination) }
      }
    }
  }

  /// Asks for what is due, while the destination is there to be asked.
  private func askAll(_ destination: Destination) async {
    var unreached = 0
    while !context.isDraining, !destination.isRetired, !Task.isCancelled {
      guard !destination.isQueriedWhereItStores || destination.health.current.state == .up else {
        // Woken when it is up again.
        await destination.querySignal.wait(atMost: .seconds(60))
        continue
      }
      do {
        switch try await askNext(destination) {
        case .asked:
          unreached = 0
        case .unreached:
          unreached += 1
          let retry = destination.peer.retry
          await pause(for: retry.wait(afterFailures: unreached, jitter: .random(in: 0...1)), of: destination)
        case .nothingDue(let wait):
          await destination.querySignal.wait(atMost: wait)
        }
      } catch {
        await context.note(failure: error)
        context.logger.error("query not recorded: \(error)", metadata: ["peer": "\(destination.name)"])
        await destination.querySignal.wait(atMost: .seconds(5))
      }
    }
  }

  private enum Step {
    case asked
    case unreached
    /// Nil waits for something to be sent.
    case nothingDue(Duration?)
  }

  private func askNext(_ destination: Destination) async throws -> Step {
    let policy = destination.peer.query.policy
    let turn = try await context.ledger.queriesDue(
      at: destination.name, policy: policy, limit: Self.limit, now: context.clock.now())
    guard turn.due.isEmpty else {
      let wasReached = try await QueryAssociation(context: context, destination: destination).ask(turn.due)
      return wasReached ? .asked : .unreached
    }
    let next = turn.next.map { max($0.since(context.clock.now()), .milliseconds(10)) }
    return .nothingDue(policy.recheck == nil ? next : min(next ?? Self.recheckTick, Self.recheckTick))
  }

  /// Waits for the back-off's time whatever happens meanwhile.
  private func pause(for wait: Duration, of destination: Destination) async {
    let end = context.clock.monotonic() + wait
    while !context.isDraining, !destination.isRetired, !Task.isCancelled {
      let left = end.since(context.clock.monotonic())
      guard left > .zero else { return }
      await destination.querySignal.wait(atMost: left)
    }
  }
}

extension Destination {
  /// Whether queries go to the application entity that instances are sent to: only then does one say anything about
  /// the other.
  var isQueriedWhereItStores: Bool {
    let query = peer.query
    return (query.aeTitle ?? peer.aeTitle) == peer.aeTitle && (query.host ?? host) == host
      && (query.port ?? port) == port
  }
}
