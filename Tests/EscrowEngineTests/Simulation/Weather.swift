import EscrowTesting
import Glibc
import NIOConcurrencyHelpers

/// What happens to the calls of one simulated machine's disks, and when it dies.
final class Weather: Sendable {
  /// How rough it is.
  struct Mood: Sendable {
    /// Of a thousand calls that matter, how many fail.
    var errors = 0
    /// The process dies at that many calls that matter from now on; nil when it does not.
    var deathIn: Int?

    static let calm = Mood()
  }

  /// What the disks are like for a while.
  enum Spell: CaseIterable, Sendable {
    case full
    case readOnly
  }

  private struct State {
    var spell: Spell?
    var random: SeededGenerator
    var mood = Mood.calm
    var isDead = false
    var mishaps: [(call: DiskCall, mishap: Mishap)] = []
    var calls = 0
  }

  private let state: NIOLockedValueBox<State>
  /// In place of chance: what the calls that matter meet, by number.
  private let script: [Int: Mishap]

  init(seed: UInt64, script: [Int: Mishap] = [:]) {
    state = NIOLockedValueBox(State(random: SeededGenerator(seed: seed)))
    self.script = script
  }

  /// Whether the process has died since ``begin(_:)``.
  var isDead: Bool { state.withLockedValue { $0.isDead } }

  /// Calls that mattered so far.
  var calls: Int { state.withLockedValue { $0.calls } }

  /// A process starts.
  func begin(_ mood: Mood) {
    state.withLockedValue { state in
      state.mood = mood
      state.isDead = false
    }
  }

  /// Whether the disks can be written to.
  var isUsable: Bool { state.withLockedValue { $0.spell == nil } }

  func change(to spell: Spell?) { state.withLockedValue { $0.spell = spell } }

  /// Does `body` in good weather.
  func calmly<Result>(_ body: () throws -> Result) rethrows -> Result {
    let (mood, spell) = state.withLockedValue { state in
      defer { (state.mood, state.spell) = (.calm, nil) }
      return (state.mood, state.spell)
    }
    defer { state.withLockedValue { ($0.mood, $0.spell) = (mood, spell) } }
    return try body()
  }

  /// What happened since this was last asked.
  func takeMishaps() -> [(call: DiskCall, mishap: Mishap)] {
    state.withLockedValue { state in
      defer { state.mishaps = [] }
      return state.mishaps
    }
  }

  /// What a call meets.
  func mishap(at call: DiskCall) -> Mishap? {
    state.withLockedValue { state in
      guard !state.isDead else { return .death(takesEffect: false) }
      guard let mishap = decide(call, &state) else { return nil }
      state.mishaps.append((call, mishap))
      if case .death = mishap { state.isDead = true }
      return mishap
    }
  }

  private func decide(_ call: DiskCall, _ state: inout State) -> Mishap? {
    if call.matters { state.calls += 1 }
    if let mishap = script[state.calls], call.matters { return mishap }
    switch (state.spell, call.operation) {
    case (.full, .create), (.full, .write), (.full, .makeDirectory), (.full, .reserve):
      return .error(ENOSPC, takesEffect: false)
    case (.readOnly, let operation) where operation.changes && ![.sync, .syncDirectory].contains(operation):
      return .error(EROFS, takesEffect: false)
    default: break
    }
    guard state.mood.errors > 0 || state.mood.deathIn != nil else { return nil }
    // Of the many calls that make no difference, a few are as likely to go wrong as the others.
    guard call.matters || Int.random(in: 0..<100, using: &state.random) == 0 else { return nil }
    let takesEffect = Bool.random(using: &state.random)
    if let left = state.mood.deathIn {
      state.mood.deathIn = left - 1
      if left <= 1 { return .death(takesEffect: takesEffect) }
    }
    guard Int.random(in: 0..<1000, using: &state.random) < state.mood.errors else { return nil }
    let errno = Self.errors(of: call.operation).randomElement(using: &state.random) ?? EIO
    return .error(errno, takesEffect: takesEffect && Int.random(in: 0..<3, using: &state.random) == 0)
  }

  static func errors(of operation: DiskOperation) -> [Int32] {
    switch operation {
    case .write, .reserve, .create, .makeDirectory, .sync: [EIO, ENOSPC]
    case .open, .openDirectory: [EIO, EMFILE]
    default: [EIO]
    }
  }
}
