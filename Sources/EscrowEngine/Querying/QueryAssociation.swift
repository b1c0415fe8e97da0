import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import Logging

/// Asks for some deliveries over an association of its own, and records each answer before the next question.
struct QueryAssociation: Sendable {
  let context: EngineContext
  let destination: Destination

  /// What a destination that will never answer as configured is asked again after.
  static let refusedWait = Duration.hours(24)

  /// Returns whether the destination was there to be asked. Throws only what the ledger throws.
  func ask(_ due: [DueQuery]) async throws -> Bool {
    let association: Association
    do {
      association = try await open()
    } catch AssociationError.rejected(let reject) where !reject.isTransient {
      // It may store all the same: whoever sends finds out.
      try await record(due, failed: "\(AssociationError.rejected(reject))", retryAt: nil)
      return true
    } catch {
      if destination.isQueriedWhereItStores {
        await HealthChanges(context: context).failed(destination, reason: "\(error)", trouble: .unreachable)
      }
      try await postpone(due, "not asked: \(error)", for: destination.peer.retry.first)
      return false
    }
    if destination.isQueriedWhereItStores { await HealthChanges(context: context).associated(destination) }
    guard let accepted = association.contexts.values.first else {
      await association.release()
      try await postpone(
        due, "the peer does not accept queries (Study Root FIND, presentation context refused)",
        for: Self.refusedWait, isRefused: true)
      return true
    }
    let finder = InstanceFinder(association: association, context: accepted, timeout: destination.peer.timeouts.query)
    do {
      let wasAnswered = try await ask(due, by: finder)
      await association.release()
      guard wasAnswered else {
        try await postpone(due, "the peer ended the association without an answer", for: destination.peer.retry.first)
        return false
      }
    } catch {
      await association.abort()
      throw error
    }
    return true
  }

  private func open() async throws -> Association {
    let (peer, query) = (destination.peer, destination.peer.query)
    var proposal = Proposal(calledAE: query.aeTitle ?? peer.aeTitle, callingAE: context.localAE(for: peer))
    proposal.add(StudyRootFind.sopClassUID, transferSyntaxes: StudyRootFind.offeredTransferSyntaxes)
    proposal.negotiate(StudyRootFind.sopClassUID, information: StudyRootFind.relationalInformation)
    return try await context.connector.connect(
      to: query.host ?? destination.host, port: query.port ?? destination.port, proposal: proposal,
      timeouts: peer.connectTimeouts)
  }

  /// Batch by batch, until the association ends; whether there was any answer.
  private func ask(_ due: [DueQuery], by finder: InstanceFinder) async throws -> Bool {
    var wasAnswered = false
    for batch in QueryBatch.batches(of: due, size: destination.peer.query.policy.batch, relational: finder.isRelational)
    {
      if context.isDraining { return true }
      let results = await finder.ask(batch)
      guard !results.isEmpty else { break }
      wasAnswered = true
      try await record(results)
    }
    return wasAnswered
  }

  private func postpone(
    _ due: [DueQuery], _ message: String, for wait: Duration, isRefused: Bool = false
  ) async throws {
    try await record(due, failed: message, retryAt: context.clock.now() + wait, isRefused: isRefused)
  }

  private func record(
    _ due: [DueQuery], failed message: String, retryAt: Timestamp?, isRefused: Bool = false
  ) async throws {
    try await record(
      due.map {
        QueryResult(key: $0.key, answer: .failed(message: message, retryAt: retryAt, isRefused: isRefused))
      })
  }

  private func record(_ results: [QueryResult]) async throws {
    let resends = try await context.ledger.recordQueries(
      results, at: destination.name, policy: destination.peer.query.policy, now: context.clock.now())
    log(results, resends: resends)
    if resends > 0 { destination.noteWork() }
    context.wakeFollowers()
  }

  private func log(_ results: [QueryResult], resends: Int) {
    let (found, missing) = (results.count { $0.answer == .found }, results.count { $0.answer == .notFound })
    let failures = results.compactMap { if case .failed(let message, _, _) = $0.answer { message } else { nil } }
    let failure = failures.first.map { ", \(failures.count) not answered: \($0)" } ?? ""
    context.logger.log(
      level: missing + failures.count > 0 ? .warning : .info,
      "query: \(found) found, \(missing) not found, \(resends) to be sent again\(failure)",
      metadata: ["peer": "\(destination.name)"])
  }
}
