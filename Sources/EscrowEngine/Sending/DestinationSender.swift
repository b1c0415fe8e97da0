import DICOMNetwork
import EscrowCore
import Logging

/// One association's worth of sending: claims batches, negotiates what they need, sends one instance after the other.
struct DestinationSender: Sendable {
  /// Names it in its queue.
  let number: Int
  let destination: Destination
  let queue: DestinationQueue
  let context: EngineContext

  /// Deliveries claimed at once.
  static let batch = 32
  /// Bytes that one sender takes at once, if it is more than one instance: the rest is for the others.
  static let batchBytes: Int64 = 64 << 20
  /// How long a peer that serves us already may let another association wait.
  static let patience = Duration.seconds(3)
  /// How long a claim lasts unless renewed.
  static let lease = Duration.minutes(5)

  /// Sends until nothing is due or the destination fails. Returns when the next delivery becomes due.
  func run() async -> Timestamp? {
    if destination.health.current.state == .probing {
      await probe()
      return context.clock.now()
    }
    var association: DeliveryAssociation?
    let nextDue: Timestamp?
    do {
      nextDue = try await sendAll(over: &association)
    } catch {
      // The ledger does not answer; what was claimed returns to the queue when its lease ends.
      await context.note(failure: error)
      context.logger.error("queue stopped for a moment: \(error)", metadata: ["peer": "\(destination.name)"])
      nextDue = context.clock.now() + .seconds(5)
    }
    await association?.release()
    return nextDue
  }

  private func sendAll(over association: inout DeliveryAssociation?) async throws -> Timestamp? {
    var limit = Self.batch
    var claimed: ClaimBatch?
    while queue.isOpen {
      let batch = if let claimed { claimed } else { try await claim(limit) }
      claimed = nil
      if batch.claims.isEmpty {
        // While it is down, what failed last may not be on record yet as waiting.
        if batch.nextDue == nil, destination.health.current.state == .up {
          await HealthChanges(context: context).succeeded(destination)
        }
        guard association != nil, await queue.park(number, nextDue: batch.nextDue) else { return batch.nextDue }
        continue
      }
      let (own, others) = share(sort(batch.claims))
      giveBack(others)
      let isFull = batch.claims.count == limit
      let hasMore = isFull || !others.isEmpty
      if hasMore { queue.noteMore() }
      // Large instances are claimed a few at a time, so that hardly any is taken only to be given back.
      limit = others.isEmpty ? min(limit * 2, Self.batch) : own.count
      let next = isFull && others.isEmpty ? limit : nil
      guard try await send(own, over: &association, claiming: next, into: &claimed) else { break }
      // That was all: the queue says when there is more, unless the association is not to be kept for it.
      guard !hasMore, association != nil, destination.peer.timeouts.idle > .zero else { continue }
      guard await queue.park(number, nextDue: batch.nextDue) else { return batch.nextDue }
    }
    giveBack(claimed?.claims[...] ?? [])
    return nil
  }

  /// Sends a batch and, while its last quarter is on its way, claims at most `limit` others. False if not everything was
  /// offered: what was not is given back.
  private func send(
    _ batch: ArraySlice<Claim>, over association: inout DeliveryAssociation?, claiming limit: Int?,
    into claimed: inout ClaimBatch?
  ) async throws -> Bool {
    let last: ArraySlice<Claim> = limit == nil ? [] : batch.suffix(batch.count / 4)
    let unsent = await send(batch.dropLast(last.count), before: last, over: &association)
    guard unsent.isEmpty else {
      giveBack(unsent + last)
      return false
    }
    guard let limit, !last.isEmpty else { return true }
    async let next = claim(limit)
    let rest = await send(last, over: &association)
    giveBack(rest)
    claimed = try await next
    return rest.isEmpty
  }

  /// Takes out what is not to be offered now: what waits for its window, or for an operator.
  private func sort(_ claims: [Claim]) -> [Claim] {
    let now = context.clock.now()
    let answers = claims.map { ($0, $0.answerWithoutOffer(destination.classHolds, now: now)) }
    context.outcomes.record(answers.compactMap(\.1), of: destination)
    return answers.filter { $0.1 == nil }.map(\.0)
  }

  /// Of each priority those last that were offered before: it may be they alone that the destination does not take.
  private func claim(_ limit: Int) async throws -> ClaimBatch {
    var batch = try await context.ledger.claim(
      destination.name, limit: limit, lease: context.clock.monotonic() + Self.lease, now: context.clock.now())
    context.leases.hold(batch.claims.map(\.key))
    batch.claims = Priority.allCases.flatMap { priority in
      let claims = batch.claims.filter { $0.priority == priority }
      return claims.filter { $0.key.attempt <= 1 } + claims.filter { $0.key.attempt > 1 }
    }
    return batch
  }

  /// What of a batch one sender keeps, and what it leaves to the others.
  private func share(_ claims: [Claim]) -> (own: ArraySlice<Claim>, others: ArraySlice<Claim>) {
    var bytes: Int64 = 0
    let end = claims.firstIndex { claim in
      bytes += claim.dataSetLength
      return bytes > Self.batchBytes
    }
    let cut = max(end ?? claims.count, min(1, claims.count))
    return (claims[..<cut], claims[cut...])
  }

  /// Sends claims in order, over associations that suit those after them too; returns what was not offered because the
  /// destination failed or the process drains.
  private func send(
    _ claims: ArraySlice<Claim>, before others: ArraySlice<Claim> = [], over association: inout DeliveryAssociation?
  ) async -> ArraySlice<Claim> {
    var rest = claims
    var begun: DeliveryAttempt?
    while let claim = rest.first, queue.isOpen, destination.health.current.state == .up {
      if sort([claim]).isEmpty {
        rest = rest.dropFirst()
        continue
      }
      if association?.covers(claim) != true {
        await association?.release()
        begun = nil
        association = await connect(for: rest + others)
        queue.note(number, association == nil ? .looking : .sending)
      }
      guard let open = association else { break }
      let attempt = begun.flatMap { $0.claim.key == claim.key ? $0 : nil } ?? self.attempt(claim)
      begun = nil
      let next = rest.dropFirst().first.map { self.attempt($0) }
      switch await attempt.run(over: open, before: next) {
      case .associationOpen:
        association?.isProven = true
        begun = next
      case .associationOver: association = nil
      case .associationHadEnded:
        association = nil
        continue
      case .wantsItsOwn:
        await association?.release()
        association = await connect(for: rest.prefix(1))
        guard association != nil else { return rest }
        continue
      }
      if association == nil { queue.note(number, .looking) }
      rest = rest.dropFirst()
    }
    return rest
  }

  private func attempt(_ claim: Claim) -> DeliveryAttempt {
    DeliveryAttempt(claim: claim, destination: destination, context: context)
  }

  /// A peer that serves another association of ours and does not take one more is busy: that is noted, not held
  /// against it.
  private func connect(for claims: ArraySlice<Claim>) async -> DeliveryAssociation? {
    queue.note(number, .connecting)
    let patience = queue.isServed ? Self.patience : nil
    do {
      let association = try await DeliveryAssociation.open(
        to: destination, for: claims, patience: patience, context: context)
      await HealthChanges(context: context).associated(destination)
      return association
    } catch {
      guard patience == nil || !queue.isServed else {
        context.logger.info("no further association: \(error)", metadata: ["peer": "\(destination.name)"])
        queue.noteLimit()
        return nil
      }
      await HealthChanges(context: context).failed(destination, reason: "\(error)", trouble: .unreachable)
      return nil
    }
  }

  private func giveBack(_ claims: ArraySlice<Claim>) {
    let now = context.clock.now()
    let health = destination.health.current
    let reason = health.reason.map { "destination \(destination.name): \($0)" }
    context.outcomes.record(
      claims.map { claim in
        let isOver = health.state != .up && claim.isTooOld(for: destination.peer.retry, now: now)
        // What was offered before goes on taking turns with what was not: be it ever so much that the destination does
        // not take, it must not fill the batches as what is oldest.
        let notBefore = claim.key.attempt > 1 ? now : nil
        return AttemptOutcome(
          key: claim.key, result: isOver ? .failed(reason: "tooOld") : .returned(notBefore: notBefore, reason: reason),
          startedAt: now, message: isOver ? reason : nil)
      }, of: destination)
  }

  /// Asks a destination that was down whether it is back, by C-ECHO. Any A-ASSOCIATE-AC is a yes.
  private func probe() async {
    do {
      try await Echo(connector: context.connector).run(
        destination.peer, host: destination.host, port: destination.port,
        callingAE: context.localAE(for: destination.peer))
      await HealthChanges(context: context).associated(destination)
    } catch is EchoRefused {
      await HealthChanges(context: context).associated(destination)
    } catch {
      await HealthChanges(context: context).failed(destination, reason: "\(error)", trouble: .unreachable)
    }
    destination.noteWork()
  }
}
