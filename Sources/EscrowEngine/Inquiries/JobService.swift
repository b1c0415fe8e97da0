import EscrowConfiguration
import EscrowCore
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle

/// Works on jobs: decides about what peers asked, a few of each peer at a time, tells them the answers, each peer's one
/// after the other, and queues what the API wants sent. No peer's wait behind another's.
package struct JobService: Service {
  private let context: EngineContext
  /// What is being worked on.
  private let desk = Desk()

  /// Inquiries of one peer that are decided at once.
  private static let deciders = 4
  /// The least time between two looks, so that a busy road is not spent on them: while there is something to do, and
  /// while what wakes is the road's own work.
  private static let pause = Duration.milliseconds(5)
  private static let idlePause = Duration.milliseconds(25)
  private static let busyWait = Duration.milliseconds(250)

  package init(context: EngineContext) { self.context = context }

  package func run() async throws {
    await withDiscardingTaskGroup { group in
      while !context.isDraining, !Task.isCancelled {
        var wait: Duration?
        var pause = Self.idlePause
        do {
          if try await isAnyDue() {
            pause = Self.pause
            try await decide(in: &group)
            try await tell(in: &group)
            try await store()
          }
          wait = try await untilNext()
        } catch {
          await context.note(failure: error)
          context.logger.error("jobs not looked at: \(error)")
          wait = .seconds(5)
        }
        try? await Task.sleep(for: pause)
        await context.inquiries.wait(atMost: wait)
      }
    }
  }

  private func decide(in group: inout DiscardingTaskGroup) async throws {
    let now = context.clock.now()
    for peer in try await context.ledger.duePeers(.deciding, now: now) {
      let busy = desk.decided(of: peer)
      guard busy.count < Self.deciders else { continue }
      let due = try await context.ledger.dueJobs(.deciding, of: peer, limit: Self.deciders + busy.count, now: now)
      for job in due.filter({ !busy.contains($0.id) }).prefix(Self.deciders - busy.count) {
        desk.begin(job.id, of: peer)
        group.addTask {
          await InquiryDecisions(context: context).decide(job.id)
          desk.end(job.id)
          context.inquiries.wake()
        }
      }
    }
  }

  private func tell(in group: inout DiscardingTaskGroup) async throws {
    for peer in try await context.ledger.duePeers(.reporting, now: context.clock.now()) where desk.begin(peer) {
      group.addTask {
        await InquiryReports(context: context).tell(peer)
        desk.end(peer)
        context.inquiries.wake()
      }
    }
  }

  /// Instances that are queued in one step.
  private static let queued = 200

  private func store() async throws {
    for job in try await context.ledger.dueJobs(.storing, of: nil, limit: 100, now: context.clock.now()) {
      let progress = try await context.ledger.advanceStore(job.id, limit: Self.queued, now: context.clock.now())
      guard let progress else { continue }
      if progress.hasMore { context.inquiries.wake() }
      context.destinations[progress.peer]?.noteWork()
      if progress.asks { context.destinations[progress.peer]?.commitmentSignal.wake() }
      context.webhooks()
    }
  }

  private func isAnyDue() async throws -> Bool {
    try await nextDue().map { $0 <= context.clock.now() } ?? false
  }

  private func nextDue() async throws -> Timestamp? {
    try await context.ledger.nextDueJob(Set(JobStage.allCases))
  }

  /// Until something is due that is not being worked on.
  private func untilNext() async throws -> Duration? {
    guard let next = try await nextDue() else { return nil }
    // What is due is being worked on: looked for again soon, since others may become due meanwhile.
    return max(next.since(context.clock.now()), desk.isBusy ? Self.busyWait : .zero)
  }

  /// Who works on what; whoever ends wakes the service.
  private final class Desk: Sendable {
    private let jobs = NIOLockedValueBox<[JobID: PeerName]>([:])
    private let peers = NIOLockedValueBox<Set<PeerName>>([])

    var isBusy: Bool { jobs.withLockedValue { !$0.isEmpty } || peers.withLockedValue { !$0.isEmpty } }

    func decided(of peer: PeerName) -> Set<JobID> {
      jobs.withLockedValue { Set($0.filter { $0.value == peer }.keys) }
    }

    func begin(_ job: JobID, of peer: PeerName) { jobs.withLockedValue { $0[job] = peer } }
    func end(_ job: JobID) { jobs.withLockedValue { $0[job] = nil } }
    func begin(_ peer: PeerName) -> Bool { peers.withLockedValue { $0.insert(peer).inserted } }
    func end(_ peer: PeerName) { peers.withLockedValue { _ = $0.remove(peer) } }
  }
}
