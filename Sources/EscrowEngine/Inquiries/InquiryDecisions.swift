import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowSpool
import Logging

/// Decides about the references of one inquiry: on record, by reading our own copies again, or by asking a hook.
struct InquiryDecisions: Sendable {
  let context: EngineContext

  /// References in one transaction, and in one question to a hook.
  private static let chunk = 1000
  /// Copies that are read again before what was found is written down.
  private static let copies = 50

  /// Does all that can be done now.
  func decide(_ job: JobID) async {
    do {
      var progress: InquiryProgress?
      repeat {
        progress = try await context.ledger.advanceInquiry(job, limit: Self.chunk, now: context.clock.now())
      } while progress?.hasNews == true && !context.isDraining
      guard let progress, progress.undecided > 0, progress.basis != .delivered else { return }
      try await decideElsewhere(progress)
    } catch {
      await context.note(failure: error)
      context.logger.error("inquiry not decided: \(error)", metadata: ["job": "\(job)"])
      // Still due: not in a hurry, whatever is wrong.
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private func decideElsewhere(_ progress: InquiryProgress) async throws {
    guard let inquiry = try await context.ledger.inquiry(progress.job) else { return }
    let limit = progress.basis == .hook ? Self.chunk : Self.copies
    var position = 0
    while !context.isDraining {
      let open = try await context.ledger.openReferences(progress.job, from: position, limit: limit)
      guard let last = open.last, try await context.ledger.job(progress.job)?.state.isActive == true else { return }
      let decisions =
        progress.basis == .hook
        ? await ask(open, for: inquiry) : try await verify(open, pinning: progress.basis == .spooled)
      try await context.ledger.decide(decisions, of: progress.job, now: context.clock.now())
      position = last.position + 1
    }
  }

  // MARK: Our own copies

  private func verify(_ open: [OpenReference], pinning: Bool) async throws -> [ReferenceDecision] {
    var decisions: [ReferenceDecision] = []
    for reference in open {
      let isWhole = try await isWhole(reference.instance)
      decisions.append(
        ReferenceDecision(
          position: reference.position, failure: isWhole ? nil : Vouching.processingFailure,
          pins: isWhole && pinning ? reference.instance : nil))
    }
    return decisions
  }

  /// Whether the copy is there with all its bytes as they were received.
  private func isWhole(_ id: InstanceID?) async throws -> Bool {
    guard let id, let instance = try await context.ledger.instance(id), instance.state.hasFile else { return false }
    do {
      try await context.pool.runIfActive {
        try context.spool.open(instance.file, dataSetLength: instance.dataSetLength, digest: instance.digest)
          .forEachChunk { _ in }
      }
      return true
    } catch let error as SpoolError {
      context.logger.error("asked about a copy that cannot be read: \(error)", metadata: ["instance": "\(id)"])
      if error.isLoss {
        try await context.ledger.markDamaged(id, file: instance.file, reason: "\(error)", now: context.clock.now())
        context.wakeFollowers()
      }
      return false
    }
  }

  // MARK: A hook

  /// What is not answered, or not in time, failed: silence is never success.
  private func ask(_ open: [OpenReference], for inquiry: InquiryRecord) async -> [ReferenceDecision] {
    let answers = await answers(open, for: inquiry)
    return open.map { reference in
      let answer = answers[reference.sop.instanceUID] ?? Vouching.processingFailure
      return ReferenceDecision(position: reference.position, failure: answer == 0 ? nil : answer)
    }
  }

  private func answers(_ open: [OpenReference], for inquiry: InquiryRecord) async -> [UID: UInt16] {
    let peer = inquiry.job.peer
    do {
      guard let hook = context.decisionHook, let endpoint = context.settings.peers[peer]?.inquiries.decide else {
        throw HookMissing()
      }
      return try await hook.decide(
        HookQuestion(transactionUID: inquiry.transactionUID, peer: peer, references: open), at: endpoint)
    } catch {
      context.logger.error(
        "the decision hook did not answer, so \(open.count) instances are reported as failed: \(error)",
        metadata: ["peer": "\(peer)", "job": "\(inquiry.job.id)"])
      return [:]
    }
  }
}

private struct HookMissing: Error, CustomStringConvertible {
  let description = "none is configured for the peer any more"
}
