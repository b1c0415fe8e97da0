import EscrowConfiguration
import EscrowCore
import EscrowSpool
import Logging
import ServiceLifecycle

/// What time brings: overdue reports, ended leases, quiet studies, purges, free space, overdue alarms.
package struct UpkeepService: Service {
  private let context: EngineContext

  /// The longest time without a look; wake-ups come earlier.
  private static let tick = Duration.seconds(1)
  /// The least time between two looks, so that a busy road is not spent on upkeep.
  private static let pause = Duration.milliseconds(100)

  package init(context: EngineContext) { self.context = context }

  package func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await loop(
          context.upkeep,
          [
            Chore("reports", every: .seconds(1), expireReports), Chore("studies", every: Self.pause, advanceStudies),
            Chore("leases", every: .seconds(60), renewLeases), Chore("clock", every: .seconds(1), watchClock),
            Chore("health", every: .seconds(5), raiseOverdueAlarms),
            Chore("failover", every: .seconds(1), Failover(context: context).review),
            Chore("rejections", every: .seconds(1)) { try await context.rejections.record(in: context) },
            Chore("unlisted", every: .seconds(5), recordUnlisted),
            Chore("sources", every: .seconds(5), SourceAlarms(context: context).review),
            Chore("destinations", every: .minutes(1), MissingDestinations(context: context).review),
          ])
      }
      // What may take long keeps nothing else waiting.
      group.addTask {
        let alarms = SpaceAlarms(context: context)
        try await loop(context.storage, [Chore("space", every: Self.pause, alarms.review)], tick: .seconds(5))
      }
      group.addTask {
        try await loop(context.purging, [Chore("purge", every: Self.pause, PurgeService(context: context).purgeDue)])
      }
      group.addTask {
        try await loop(
          context.lookups,
          [
            Chore("hosts", every: .minutes(5), resolveHosts), Chore("orphans", every: .hours(1), sweepOrphans),
          ], tick: .minutes(1))
      }
      group.addTask {
        let scrub = Scrub(context: context)
        try await loop(
          context.scrubbing, [Chore("scrub", every: .minutes(1)) { try await scrub.proceed() }], tick: .minutes(1))
      }
      group.addTask {
        let retention = RecordRetention(context: context)
        // Not before a clock that is wrong at the start had time to be put right, which stops it.
        let first = context.clock.monotonic() + .hours(1)
        try await loop(
          context.forgetting, [Chore("record", every: .hours(1), from: first, retention.forgetDue)],
          tick: .minutes(10))
      }
      // A ledger that cannot be made durable ends the process, whichever loop finds out.
      while try await group.next() != nil {}
    }
  }

  /// Does `chores` when they are due, and looks again when woken, or after `tick`.
  private func loop(_ signal: Signal, _ chores: [Chore], tick: Duration = tick) async throws {
    var chores = chores
    while !context.isDraining, !Task.isCancelled {
      for index in chores.indices where chores[index].isDue(at: context.clock.monotonic()) {
        try await chores[index].run(context: context)
      }
      try? await Task.sleep(for: Self.pause)
      await signal.wait(atMost: tick)
    }
  }

  private func expireReports() async throws {
    let overdue = try await context.ledger.expireReports(
      policies: context.destinations.commitmentPolicies, now: context.clock.now())
    for (name, count) in overdue {
      context.logger.warning("\(count) reports are overdue; asking again", metadata: ["peer": "\(name)"])
      context.destinations[name]?.commitmentSignal.wake()
    }
    if !overdue.isEmpty { context.webhooks() }
    try await context.ledger.reviewQueries(policies: context.destinations.queryPolicies, now: context.clock.now())
  }

  private func advanceStudies() async throws {
    _ = try await context.ledger.advanceStudies(quiet: context.settings.studyQuiet, now: context.clock.now())
    context.webhooks()
  }

  private func renewLeases() async throws {
    let now = context.clock.monotonic()
    try await context.ledger.renew(context.leases.current, lease: now + DestinationSender.lease)
    let expired = try await context.ledger.expireClaims(at: now, now: context.clock.now())
    guard expired > 0 else { return }
    context.logger.warning("\(expired) claims were lost and are queued again")
    for destination in context.destinations.all { destination.noteWork() }
  }

  private func recordUnlisted() async throws {
    try await context.unlisted.record(in: context.ledger, now: context.clock.now())
  }

  private func watchClock() async throws { try await context.clockGuard.review(in: context) }

  private func raiseOverdueAlarms() async throws {
    for destination in context.destinations.all {
      await HealthChanges(context: context).raiseIfOverdue(destination, now: context.clock.now())
    }
  }

  private func resolveHosts() async throws {
    guard context.peers.hasHostNames else { return }
    try await context.pool.runIfActive { context.peers.resolveHosts() }
  }

  private func sweepOrphans() async throws {
    try await context.pool.runIfActive {
      _ = try context.spool.sweepOrphans(olderThan: .days(7), now: context.clock.now())
    }
  }
}
