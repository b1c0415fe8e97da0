package import EscrowCore

/// Two ledgers that are told the same and must answer the same.
package enum LedgerDifference {
  /// Applies `count` random verbs to both, and compares every result and, now and then, every query's answer.
  ///
  /// Throws a ``LedgerCaseFailure`` that names the seed.
  package static func find(
    seed: UInt64, count: Int, between left: any Ledger, and right: any Ledger
  ) async throws {
    var world = RandomWorld(seed: seed)
    for step in 1...count {
      let verb = world.verb()
      let (one, other) = (await verb.apply(left), await verb.apply(right))
      try same([one], [other], "seed \(seed), step \(step), \(verb)")
      try await world.learn(from: left)
      guard step % 10 == 0 || step == count else { continue }
      let before = try await LedgerView(left, world: world, now: world.now)
      let after = try await LedgerView(right, world: world, now: world.now)
      try same(before.lines, after.lines, "seed \(seed), after step \(step), \(verb)")
    }
  }

  private static func same(_ left: [String], _ right: [String], _ note: String) throws {
    guard left != right else { return }
    let differences = zip(left, right).filter { $0 != $1 }.prefix(3).map { "\n- \($0)\n+ \($1)" }
    let text = "\(note): \(left.count) and \(right.count) lines\(differences.joined())"
    throw LedgerCaseFailure(text, file: #fileID, line: #line)
  }
}

extension RandomWorld {
  /// Takes note of what is being sent now.
  fileprivate mutating func learn(from ledger: any Ledger) async throws {
    let page = PageRequest(limit: 100_000)
    let sending = try await ledger.deliveries(DeliveryFilter(states: [.sending]), page: page).items
    let known = Set(claims)
    for record in sending {
      let key = ClaimKey(delivery: record.delivery.id, attempt: record.delivery.attempts)
      if !known.contains(key) { claims.append(key) }
    }
  }
}
