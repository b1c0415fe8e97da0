import EscrowCore

/// The senders of one destination: what each is at, and what they have found out together (a value; the queue shares
/// it).
struct SenderRoster {
  /// What a sender is at.
  enum Phase {
    /// Claims, or probes; it has no association.
    case looking
    /// Waits for A-ASSOCIATE-AC.
    case connecting
    case sending
    /// Keeps its association open and waits for work.
    case idle(Signal)

    var hasAssociation: Bool {
      switch self {
      case .looking, .connecting: false
      case .sending, .idle: true
      }
    }
  }

  /// How long a peer is taken at its word that it serves no more associations at once.
  private static let limitLasts = Duration.minutes(5)
  /// How long work waits for a sender that is at work already before one more is started for it.
  private static let patience = Duration.milliseconds(50)

  private var phases: [Int: Phase] = [:]
  private var lastNumber = 0
  private var limit: (associations: Int, until: MonotonicTime)?
  /// When a delivery that was not due at the last look becomes due.
  private(set) var nextDue: Timestamp?
  /// Whether the last look left something: then one more sender has work at once.
  var hasMore = false
  /// Since when work waits for a sender.
  private var waiting: ContinuousClock.Instant?

  var isEmpty: Bool { phases.isEmpty }

  /// Associations that are open now.
  var open: Int { phases.values.count { $0.hasAssociation } }

  /// Whether some sender waits to be let in, perhaps until another's association ends.
  var isConnecting: Bool {
    phases.values.contains { if case .connecting = $0 { true } else { false } }
  }

  /// Whether one more may start. They get their associations one after the other, since a peer that serves one at a
  /// time lets the others wait.
  func hasRoom(for associations: Int, at moment: MonotonicTime) -> Bool {
    let known = limit.map { moment < $0.until ? $0.associations : .max } ?? .max
    return phases.count < min(associations, known) && phases.values.allSatisfy(\.hasAssociation)
  }

  /// Begins one; returns its number.
  mutating func start() -> Int {
    lastNumber += 1
    phases[lastNumber] = .looking
    noteLook()
    return lastNumber
  }

  private mutating func noteLook() {
    nextDue = nil
    hasMore = false
    waiting = nil
  }

  mutating func note(_ sender: Int, _ phase: Phase) { phases[sender] = phase }

  mutating func end(_ sender: Int) { phases[sender] = nil }

  /// One that is idle, which is at work from now on.
  mutating func wakeIdle() -> Signal? {
    for (number, phase) in phases {
      guard case .idle(let signal) = phase else { continue }
      phases[number] = .sending
      noteLook()
      return signal
    }
    return nil
  }

  /// Whether work is to wait a while for one of those that are at work: an association for a few instances would cost
  /// more than they do.
  mutating func waitsForIdle(at moment: ContinuousClock.Instant) -> Bool {
    guard !isEmpty, !hasIdle, !hasMore else { return false }
    let since = waiting ?? moment
    waiting = since
    return moment < since + Self.patience
  }

  var hasIdle: Bool {
    phases.values.contains { if case .idle = $0 { true } else { false } }
  }

  /// Everybody who is idle.
  var idle: [Signal] {
    phases.values.compactMap { if case .idle(let signal) = $0 { signal } else { nil } }
  }

  /// The peer did not let one more in while others are.
  mutating func noteLimit(at moment: MonotonicTime) { limit = (max(open, 1), moment + Self.limitLasts) }

  /// What one sender saw does not undo what another saw; a look too many finds nothing due.
  mutating func noteDue(_ due: Timestamp?) {
    guard let due else { return }
    nextDue = nextDue.map { min($0, due) } ?? due
  }
}
