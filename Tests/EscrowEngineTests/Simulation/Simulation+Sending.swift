import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting
import EscrowSpool

extension Simulation {
  /// Claims what is due at one destination and offers it there.
  func send() async throws {
    guard let destination = one(of: ["archive", "archive", "research"] as [PeerName]) else { return }
    try await send(to: destination, limit: 1 + below(3), kindly: false)
    if chance(70) { try await recordOutcomes() }
  }

  /// - Parameter kindly: nothing goes wrong on the way or at the destination.
  @discardableResult
  func send(to destination: PeerName, limit: Int, kindly: Bool) async throws -> Int {
    guard let process else { return 0 }
    let context = process.context
    let batch = try await context.ledger.claim(
      destination, limit: limit, lease: clock.monotonic + .minutes(5), now: clock.now)
    for claim in batch.claims {
      guard isAlive(process) else { break }
      let result = await offer(claim, to: destination, context: context, kindly: kindly)
      journal.note("\(claim.instance) to \(destination): \(result)")
      self.process?.outcomes.append(AttemptOutcome(key: claim.key, result: result, startedAt: clock.now))
    }
    return batch.claims.count
  }

  private func offer(
    _ claim: Claim, to destination: PeerName, context: EngineContext, kindly: Bool
  ) async -> AttemptOutcome.Result {
    let source = SpoolSource(claim: claim, spool: context.spool)
    var bytes = [UInt8](repeating: 0, count: source.length)
    do {
      try bytes.withUnsafeMutableBytes { try source.read(into: [$0]) }
    } catch {
      // As a delivery attempt does when it cannot read.
      if let error = error as? SpoolError, error.isLoss {
        try? await context.ledger.markDamaged(claim.instance, file: claim.file, reason: "\(error)", now: clock.now)
      }
      return .retry(notBefore: clock.now + .seconds(30), reason: "spool: \(error)", counted: false)
    }
    if Digest.of(bytes) != claim.digest { oracle.complain("damaged bytes of \(claim.instance) left whole") }
    return answer(claim, at: destination, kindly: kindly)
  }

  private func answer(_ claim: Claim, at destination: PeerName, kindly: Bool) -> AttemptOutcome.Result {
    let uid = claim.sop.instanceUID
    let roll = kindly ? 0 : below(100)
    let discards = !kindly && chance(5)
    if roll < 80 { archives[destination]?.take(uid, claim.digest, discardsElements: discards) }
    switch roll {
    case 0..<70:
      archives[destination]?.acknowledge(uid, claim.digest)
      return .stored(discardedElements: discards)
    case 70..<90: return .retry(notBefore: clock.now + .seconds(below(60)), reason: "no answer", counted: chance(50))
    case 90..<94: return .returned(notBefore: nil, reason: "down")
    case 94..<97: return .failed(reason: "refused")
    default: return .retry(notBefore: clock.now + .hours(1), reason: "A700", counted: false)
    }
  }

  /// Puts what is known of attempts on record.
  func recordOutcomes() async throws {
    guard let process, !process.outcomes.isEmpty else { return }
    self.process?.outcomes = []
    do {
      try await process.context.ledger.record(process.outcomes, now: clock.now)
    } catch {
      if isAlive(process) { self.process?.outcomes += process.outcomes }
      throw error
    }
  }
}
