import DICOM
package import EscrowCore

/// One destination's queue among others that are as busy, and alone: the claims must be the same, one by one.
package struct QueueIndependence {
  private var random: SeededGenerator
  private var seconds = 0
  private var admitted = 0
  private var verbs = 0
  /// The claims of `b` that are under way, by the numbers of their instances: in both ledgers alike.
  private var underWay: [Int] = []

  private static let destination: PeerName = "b"
  private static let others: [PeerName] = ["a", "c"]

  /// Does `count` things by chance to both ledgers, and more to the crowded one.
  ///
  /// Throws a ``LedgerCaseFailure`` that names the seed.
  package static func check(
    seed: UInt64, count: Int, alone: any Ledger, crowded: any Ledger
  ) async throws {
    var world = QueueIndependence(random: SeededGenerator(seed: seed))
    for step in 1...count {
      for _ in 0..<world.below(3) { try await world.disturb(Scene(ledger: crowded)) }
      let (one, other) = try await world.step(Scene(ledger: alone), Scene(ledger: crowded))
      try expect(other, one, "seed \(seed), step \(step)")
    }
  }

  private init(random: SeededGenerator) { self.random = random }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  /// Something in the queues of the others.
  private mutating func disturb(_ scene: Scene) async throws {
    let destination = Self.others[below(2)]
    verbs += 1
    switch below(6) {
    case 0..<3:
      let limit = 1 + below(3)
      for claim in try await scene.claim(destination, limit: limit, at: seconds).claims {
        guard below(4) > 0 else { continue }
        try await scene.record(claim, result(), at: seconds)
      }
    case 3:
      let verb = DeliveryVerb.allCases[below(DeliveryVerb.allCases.count)]
      let filter = DeliveryFilter(destinations: [destination], instance: .number(1 + below(max(admitted, 1))))
      _ = try await scene.ledger.change(filter, verb, by: BulkOrder(actor: "admin"), now: .at(seconds))
    case 4: try await scene.ask(verbs, destination, at: seconds)
    default: try await scene.admit(10_000 + verbs, to: [.commitment("a", priority: .high)], at: seconds)
    }
  }

  private mutating func result() -> AttemptOutcome.Result {
    switch below(5) {
    case 0: .retry(notBefore: .at(seconds + below(100)), reason: "busy", counted: false)
    case 1: .failed(reason: "refused")
    case 2: .returned(notBefore: nil, reason: "down")
    default: .stored(discardedElements: false)
    }
  }

  /// The same to both; what they answer.
  private mutating func step(_ alone: Scene, _ crowded: Scene) async throws -> (String, String) {
    seconds += below(20)
    switch below(10) {
    case 0..<4: return try await admit(alone, crowded)
    case 4..<7:
      let limit = 1 + below(4)
      let one = try await alone.claim(Self.destination, limit: limit, at: seconds)
      let other = try await crowded.claim(Self.destination, limit: limit, at: seconds)
      underWay += one.claims.map(\.instance.number)
      return (told(one), told(other))
    case 7..<9:
      guard !underWay.isEmpty else { return ("", "") }
      let number = underWay.remove(at: below(underWay.count))
      let result = result()
      for scene in [alone, crowded] { try await record(result, of: number, scene) }
      return ("", "")
    default:
      let filter = DeliveryFilter(destinations: [Self.destination], instance: .number(1 + below(max(admitted, 1))))
      let verb: DeliveryVerb = below(2) == 0 ? .hold : .release
      for scene in [alone, crowded] {
        _ = try await scene.ledger.change(filter, verb, by: BulkOrder(actor: "admin"), now: .at(seconds))
      }
      return ("", "")
    }
  }

  private mutating func admit(_ alone: Scene, _ crowded: Scene) async throws -> (String, String) {
    admitted += 1
    let own = PlannedDelivery.response(Self.destination, priority: Priority.allCases[below(3)])
    let others = Self.others.filter { _ in below(3) > 0 }.map {
      PlannedDelivery.commitment($0, priority: Priority.allCases[below(3)])
    }
    let position = below(others.count + 1)
    try await alone.admit(admitted, to: [own], at: seconds)
    try await crowded.admit(admitted, to: others[..<position] + [own] + others[position...], at: seconds)
    return ("", "")
  }

  private func record(_ result: AttemptOutcome.Result, of number: Int, _ scene: Scene) async throws {
    let delivery = try await scene.delivery(number, to: Self.destination)
    let outcome = AttemptOutcome(
      key: ClaimKey(delivery: delivery.id, attempt: delivery.attempts), result: result, startedAt: .at(seconds))
    try await scene.ledger.record([outcome], now: .at(seconds))
  }

  private func told(_ batch: ClaimBatch) -> String {
    let claims = batch.claims.map { "\($0.instance.number) (attempt \($0.key.attempt))" }
    return "\(claims), next at \(batch.nextDue.map { "\($0)" } ?? "no time")"
  }
}
