import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowSpool
import EscrowTesting
import NIOConcurrencyHelpers

/// The whole road in one deterministic run: senders, spool, ledger, destinations, purges, crashes and recoveries, all
/// decided by one seed.
///
/// What runs is the program's own code, without a thread: the spool's writer and reader, admission, the ledger's verbs,
/// the purge and recovery. Played are the peers, the disks, the clocks, and what the network does. What was promised is
/// kept by ``Oracle``, outside the simulated machine.
final class Simulation {
  let seed: UInt64
  let flaw: SimulationFlaw?
  let journal: SimulationJournal
  let clock = SimulatedClock()
  let weather: Weather
  let versions = MemoryVersions()
  var random: SeededGenerator
  var machine: SimulatedMachine
  var process: SimulatedProcess?
  var oracle = Oracle()
  var archives: [PeerName: SimulatedArchive] = ["archive": .init("archive"), "research": .init("research")]
  /// What the senders have.
  var contents: [SimulatedContent] = []
  /// What they have not been told success for yet.
  var unsent: [SimulatedContent] = []
  var transactions = 0
  private(set) var tally = SimulationTally()
  /// Whether other things happen while a step is under way, and how many are.
  var mayBeInterrupted = false
  private var depth = 0
  /// How far the clock was put forward since the clock guard looked: when the process ends before, nobody can know.
  var unseenJumps = Duration.zero
  /// How far it was put forward since an operator last said that the clock is right.
  var unconfirmedJumps = Duration.zero
  /// How rough the weather is between starts.
  var mood = Weather.Mood.calm
  private let ids: NIOLockedValueBox<SeededGenerator>

  /// How every process ends that dies within a call; nil leaves it to chance.
  private let death: SimulatedMachine.Death?

  /// - Parameters:
  ///   - script: in place of chance: what the calls to the disks that matter meet, by number.
  ///   - death: how every process ends that dies within a call; nil leaves it to chance.
  init(
    seed: UInt64, flaw: SimulationFlaw? = nil, keepsJournal: Bool = false, script: [Int: Mishap] = [:],
    death: SimulatedMachine.Death? = nil
  ) {
    self.seed = seed
    self.flaw = flaw
    self.death = death
    random = SeededGenerator(seed: seed)
    weather = Weather(seed: random.next(), script: script)
    ids = NIOLockedValueBox(SeededGenerator(seed: random.next()))
    machine = SimulatedMachine(seed: random.next(), flaw: flaw)
    journal = SimulationJournal(isKept: keepsJournal)
  }

  /// Plays the seed to its end. Returns what was found to be wrong; nothing if all is well.
  func run() async -> [String] {
    begin()
    await restart(after: .kill)
    let steps = 30 + below(60)
    mayBeInterrupted = true
    for _ in 0..<steps where oracle.violations.isEmpty { await step() }
    mayBeInterrupted = false
    if oracle.violations.isEmpty { await settleAll() }
    tally.promises = oracle.promised.count
    tally.purged = oracle.purged
    return oracle.violations
  }

  /// Plays the life of one instance, step by step, and then whatever is left of it.
  func runOneLife() async -> [String] {
    contents = [SimulatedContent(number: 1, variant: 0, length: 900, kind: .ct)]
    unsent = contents
    await restart(after: .kill)
    for step in [takeWhole, sendAll, recordOutcomes, askKindly, reportKindly, purgeInTime] {
      do { try await step() } catch { journal.note("failed: \(error)") }
      await look()
    }
    if oracle.violations.isEmpty { await settleAll() }
    return oracle.violations
  }

  private func begin() {
    for number in 1...(2 + below(5)) {
      let kind = one(of: SimulatedContent.Kind.allCases) ?? .ct
      let variants = chance(20) ? 2 : 1
      for variant in 0..<variants {
        contents.append(SimulatedContent(number: number, variant: variant, length: length(), kind: kind))
      }
    }
    unsent = contents
    switch below(5) {
    case 0: mood = .calm
    case 1: mood.errors = 10 + below(60)
    case 2: mood.deathIn = 150
    default: (mood.errors, mood.deathIn) = (below(40), 250)
    }
    journal.note("contents: \(contents.map { "\($0.kind) \($0.sop.instanceUID) \($0.digest)" }); mood \(mood)")
  }

  /// Mostly some sectors; rarely more than one write.
  private func length() -> Int { chance(1) ? (1 << 20) + 900 : below(2000) + 2 & ~1 }

  // MARK: Steps

  private func step() async {
    do {
      switch below(108) {
      case 0..<26: try await receive()
      case 26..<44: try await send()
      case 44..<50: try await recordOutcomes()
      case 50..<60: try await ask()
      case 60..<74: try await report()
      case 74..<82: try await purge()
      case 82..<87: try await upkeep()
      case 87..<90: try await operate()
      case 90..<95: passTime()
      case 95..<97: spoil()
      case 97: try await uncalledForReport()
      case 98: changeSpell()
      case 99: weather.isDead ? () : end()
      default: try await query()
      }
    } catch {
      journal.note("failed: \(error)")
    }
    await look()
  }

  /// Other tasks of the program, and the world outside, do not wait.
  func happenMeanwhile() async {
    guard mayBeInterrupted, depth < 2, oracle.violations.isEmpty, chance(12) else { return }
    depth += 1
    if let process, isAlive(process) { weather.calmly { oracle.observe(process.memory.snapshot, of: self) } }
    journal.note("meanwhile:")
    await step()
    journal.note("meanwhile over")
    depth -= 1
  }

  /// Whether this process still runs, and can be answered for.
  func isAlive(_ process: SimulatedProcess) -> Bool {
    !weather.isDead && self.process?.file === process.file && !process.file.isBroken
  }

  /// Looks at what a step has done: whether the process still lives, and what is on record.
  func look() async {
    noteMishaps()
    machine.spool.now = clock.now
    guard let process else { return await restart(after: one(of: SimulatedMachine.Death.allCases) ?? .kill) }
    if weather.isDead {
      await restart(after: death ?? (chance(70) ? .powerCut : .kill))
    } else if process.file.isBroken {
      journal.note("the ledger cannot be made durable: the process ends")
      await restart(after: .kill)
    } else {
      weather.calmly { oracle.observe(process.memory.snapshot, of: self) }
    }
  }

  /// Returns whether there were any.
  @discardableResult
  func noteMishaps() -> Bool {
    let mishaps = weather.takeMishaps()
    for (call, mishap) in mishaps {
      journal.note("\(mishap) at \(call.operation) \(call.path)")
      oracle.note(call, mishap)
      if case .error = mishap { tally.errors += 1 } else { tally.deaths += 1 }
    }
    return !mishaps.isEmpty
  }

  func noteStart(afterFailed: Bool) {
    tally.starts += 1
    if afterFailed { tally.startsAgain += 1 }
  }

  /// The process ends between two calls.
  private func end() {
    journal.note("the process ends")
    process?.end()
    process = nil
  }

  /// The disks are full, or take nothing at all, for a while.
  private func changeSpell() {
    let spell = weather.isUsable ? one(of: Weather.Spell.allCases) : nil
    journal.note("the disks are \(spell.map { "\($0)" } ?? "well again")")
    weather.change(to: spell)
  }

  private func passTime() {
    if chance(25) { jump(by: chance(60) ? .seconds(below(120) - 60) : .hours(below(145) - 72)) }
    clock.advance(by: .seconds(one(of: [1, 6, 31, 60, 130, 400]) ?? 1))
  }

  /// A jump that the clock guard is to notice excuses nothing once it has looked.
  private func jump(by jump: Duration) {
    journal.note("the clock jumps by \(jump)")
    clock.jump(by: jump)
    if abs(jump.inSeconds) <= ClockGuard.tolerance.inSeconds {
      oracle.clockJumped(by: jump)
    } else {
      unseenJumps += max(jump, .zero)
      unconfirmedJumps += max(jump, .zero)
    }
  }

  // MARK: Chance

  func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  func chance(_ percent: Int) -> Bool { below(100) < percent }
  func one<Item>(of items: [Item]) -> Item? { items.randomElement(using: &random) }

  func deathOf(_ isDead: Bool) -> SimulatedMachine.Death {
    isDead ? death ?? (chance(60) ? .powerCut : .kill) : .kill
  }

  /// Starts a process on the machine as it is; nil when that fails.
  func boot() -> SimulatedProcess? {
    do {
      return try SimulatedProcess(
        on: machine, weather: weather, clock: clock, versions: versions,
        ids: { [ids] now in ids.withLockedValue { InstanceID.new(at: now, using: &$0) } }, flaw: flaw, journal: journal,
        interruption: Interruption(of: self))
    } catch {
      journal.note("no start: \(error)")
      return nil
    }
  }
}

/// How much happened in runs.
struct SimulationTally: Sendable, CustomStringConvertible {
  var seeds = 1
  var starts = 0
  /// Starts after a recovery that did not come to its end.
  var startsAgain = 0
  /// Processes that died within a call to a disk.
  var deaths = 0
  /// Calls to a disk that failed.
  var errors = 0
  var promises = 0
  var purged = 0

  static func + (left: SimulationTally, right: SimulationTally) -> SimulationTally {
    var sum = left
    sum.seeds += right.seeds
    sum.starts += right.starts
    sum.startsAgain += right.startsAgain
    sum.deaths += right.deaths
    sum.errors += right.errors
    sum.promises += right.promises
    sum.purged += right.purged
    return sum
  }

  var description: String {
    "\(seeds) seeds: \(deaths) deaths within a call, \(errors) failed calls, \(starts) starts, \(startsAgain) of them after "
      + "a recovery that did not end; \(promises) instances promised, \(purged) purged"
  }
}

/// What happened in a run, for people.
final class SimulationJournal: Sendable {
  private let lines = NIOLockedValueBox<[String]>([])
  let isKept: Bool

  init(isKept: Bool) { self.isKept = isKept }

  func note(_ line: @autoclosure () -> String) {
    guard isKept else { return }
    let line = line()
    lines.withLockedValue { $0.append(line) }
  }

  var text: String { lines.withLockedValue { $0.joined(separator: "\n") } }
}
