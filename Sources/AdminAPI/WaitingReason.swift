import EscrowCore
import EscrowEngine

/// Why a delivery that has not ended waits, and until when, where the record itself does not say it: the health of
/// its destination and the quiet times are not on record.
struct WaitingReason: Sendable {
  private let destinations: [PeerName: Destination]
  private let stops: OperatorStops
  private let now: Timestamp
  private let moment: MonotonicTime

  init(context: EngineContext) {
    destinations = Dictionary(uniqueKeysWithValues: context.destinations.all.map { ($0.name, $0) })
    stops = context.stops
    now = context.clock.now()
    moment = context.clock.monotonic()
  }

  /// In words, and when something happens next; nil where the record says it or nothing waits.
  func of(_ delivery: Delivery) -> (text: String, next: Timestamp?)? {
    if delivery.isDoubted { return ("is asked again by query whether it is still there", delivery.notBefore) }
    guard !delivery.state.isTerminal, delivery.hold == nil, delivery.behind == nil else { return nil }
    let ofAll = ofAll(at: delivery.destination)
    guard let destination = destinations[delivery.destination] else { return ofAll.map { ($0, nil) } }
    switch delivery.state {
    case .queued where stops[delivery.destination] != nil: return ofAll.map { ($0, nil) }
    case .queued: return queued(delivery, destination.health.current)
    case .sending: return ("is being sent", nil)
    case .sent where delivery.proof == .query: return queried(delivery, destination)
    case .sent: return sent(delivery, destination.peer.commitment.policy)
    case .requested: return ("asked for commitment; waits for the report", delivery.notBefore)
    default: return nil
    }
  }

  /// Why nothing is sent to a destination at all; nil when something is.
  func ofAll(at name: PeerName) -> String? {
    guard let destination = destinations[name] else {
      return "\(name) is no peer with host and port any more: kept until it is, or given up"
    }
    if let stop = stops[name] { return "\(name) is \(stop.text)" }
    let health = destination.health.current
    switch health.state {
    case .down: return "\(name) is down: \(health.reason ?? "unknown")"
    case .probing: return "\(name) is being probed\(health.reason.map { ", after: \($0)" } ?? "")"
    case .up: return nil
    }
  }

  /// Lets a filter for a reason find what is shown with that of its destination, which is not on record.
  func addDestinations(to filter: inout DeliveryFilter, _ ledger: any LedgerReading) async throws {
    guard let part = filter.reason?.asciiLowercased, !part.isEmpty else { return }
    let names = try await ledger.openDestinations().union(destinations.keys)
    filter.reasonOf = names.filter { ofAll(at: $0)?.asciiLowercased.contains(part) ?? false }
  }

  private func queued(_ delivery: Delivery, _ health: DestinationHealth) -> (String, Timestamp?)? {
    switch health.state {
    case .down(let until): return ofAll(at: delivery.destination).map { ($0, now + until.since(moment)) }
    case .probing: return ofAll(at: delivery.destination).map { ($0, nil) }
    case .up: return delivery.reason == nil ? ("waits for its turn", delivery.notBefore) : nil
    }
  }

  private func queried(_ delivery: Delivery, _ destination: Destination) -> (String, Timestamp?)? {
    if case .down = destination.health.current.state, let (text, next) = queued(delivery, destination.health.current) {
      return ("waits for query; \(text)", next)
    }
    let reason = delivery.reason.map { "; \($0)" } ?? ""
    return ("waits for query\(reason)", destination.peer.query.policy.due(delivery, now: now))
  }

  private func sent(_ delivery: Delivery, _ policy: CommitmentPolicy) -> (String, Timestamp?)? {
    guard delivery.reason == nil else { return nil }
    if let notBefore = delivery.notBefore { return ("is asked for again", notBefore) }
    return ("is asked for when its study is quiet", delivery.sentAt.map { $0 + policy.quiet })
  }
}
