package import EscrowCore
import NIOConcurrencyHelpers

/// What is known of each sender now: when it was heard last, and how much of what it sent is here.
package final class SourceWatch: Sendable {
  private struct Use: Sendable {
    var bytes: Int64 = 0
    /// All that became durable since the start.
    var received: Int64 = 0
    /// Admissions that may be in the ledger already and were not counted here yet.
    var underWay = 0
    /// How often an admission began, or something was counted.
    var changes = 0
    var heard: Timestamp?
    var isOver = false

    /// Full at its quota, and not before a tenth of it is free again taken from.
    mutating func judge(_ quota: Int64) {
      if bytes >= quota { isOver = true } else if bytes < quota / 10 * 9 { isOver = false }
    }
  }

  private let uses = NIOLockedValueBox<[PeerName: Use]>([:])
  /// How often the ledger was asked, and which of its answers was the last that counted.
  private let answers = NIOLockedValueBox((asked: 0, taken: 0))
  /// Since when anybody listens.
  private let start: Timestamp

  init(start: Timestamp) { self.start = start }

  /// Takes what `ask` says that the ledger knows; it forgets nobody.
  ///
  /// Of a sender that was quiet meanwhile the answer is right. Whether it counts what became durable meanwhile, nobody
  /// knows: then the sender has at most what the ledger says and that besides, and at most what was counted here, from
  /// which what was let go is missing. The less of the two counts, until the ledger is asked again.
  func refresh(_ ask: () async throws -> [SourceRecord]) async throws {
    let number = answers.withLockedValue { answers in
      answers.asked += 1
      return answers.asked
    }
    let before = uses.withLockedValue { $0 }
    let records = try await ask()
    let isLatest = answers.withLockedValue { answers in
      defer { answers.taken = max(answers.taken, number) }
      return number > answers.taken
    }
    if isLatest { take(records, since: before) }
  }

  private func take(_ records: [SourceRecord], since before: [PeerName: Use]) {
    uses.withLockedValue { uses in
      for record in records {
        var use = uses[record.peer] ?? Use()
        let earlier = before[record.peer] ?? Use()
        let wasQuiet = earlier.underWay == 0 && earlier.changes == use.changes
        use.bytes = wasQuiet ? record.bytes : min(use.bytes, record.bytes + use.received - earlier.received)
        use.heard = max(use.heard ?? record.lastReceived, record.lastReceived)
        uses[record.peer] = use
      }
    }
  }

  /// Admits something of a peer, which is counted by ``received(_:from:at:)`` within `body`.
  func admitting<Result>(
    from peer: PeerName?, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async rethrows -> Result {
    guard let peer else { return try await body() }
    uses.withLockedValue { uses in
      uses[peer, default: Use()].underWay += 1
      uses[peer]?.changes += 1
    }
    defer { uses.withLockedValue { $0[peer]?.underWay -= 1 } }
    return try await body()
  }

  /// Something of a peer became durable.
  func received(_ bytes: Int64, from peer: PeerName, at moment: Timestamp) {
    uses.withLockedValue { uses in
      uses[peer, default: Use()].bytes += bytes
      uses[peer]?.received += bytes
      uses[peer]?.changes += 1
      uses[peer]?.heard = moment
    }
  }

  /// Whether a peer has used up its quota.
  package func isOver(_ peer: Peer) -> Bool {
    guard let quota = peer.intake.quota else { return false }
    return uses.withLockedValue { uses in
      uses[peer.name, default: Use()].judge(quota)
      return uses[peer.name]?.isOver ?? false
    }
  }

  /// Bytes of its copies that are here.
  package func bytes(of peer: PeerName) -> Int64 { uses.withLockedValue { $0[peer]?.bytes ?? 0 } }

  /// When it was heard last; nil when never.
  package func heard(_ peer: PeerName) -> Timestamp? { uses.withLockedValue { $0[peer]?.heard } }

  /// Whether it is silent when it should not be. Who was never heard is silent since we listen.
  func isSilent(_ peer: Peer, now: Timestamp, timeZone: String) -> Bool {
    peer.expect?.isSilent(since: heard(peer.name) ?? start, now: now, timeZone: timeZone) ?? false
  }
}
