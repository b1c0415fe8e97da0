import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

/// Two days of a hospital's traffic in one deterministic run: modalities that send, destinations that fail in every way,
/// restarts, and then as long as it takes with all in order; all decided by one seed.
///
/// The ledger is a real one, and so are the decisions: routes, retry policy, health, ask clock, what statuses and
/// reports mean, waves. Played are the clock, the network, the peers, and the order in which the engine's tasks look at
/// their queues. What must hold is kept by ``TrafficOracle``.
final class Traffic {
  /// What comes at a time.
  enum Happening {
    case arrival(TrafficContent)
    /// The queue of a destination is looked at, if that is still its next time.
    case turn(PeerName)
    case answer(PeerName, ClaimKey)
    case ask(PeerName)
    case report(PeerName, Int)
    case query(PeerName)
    case spell(PeerName, TrafficPeer.Spell?)
    case upkeep
    case restart
    case faultsEnd
  }

  let ledger: any Ledger
  /// What is sent.
  let kinds: [TrafficKind]
  let journal: SimulationJournal
  let clock = SimulatedClock()
  var random: SeededGenerator
  var agenda = Agenda<Happening>()
  var peers = Dictionary(uniqueKeysWithValues: TrafficContent.destinations.map { ($0, TrafficPeer($0)) })
  var destinations = Dictionary(uniqueKeysWithValues: TrafficContent.destinations.map { ($0, TrafficDestination($0)) })
  var oracle = TrafficOracle()
  /// The files in the spool.
  var files: Set<InstanceID> = []
  /// Outcomes of attempts that are not on record yet.
  var outcomes: [TrafficOutcome] = []
  var transactions = 0
  var tally = TrafficTally()
  var isTroubled = true
  /// An operator has released what is held after the troubles.
  var isReleased = false
  /// Looks in a row at which nothing was left to be done.
  var idleLooks = 0

  static let troubledTime = Duration.days(2)
  /// By then everything has ended, whatever happened before.
  private static let patience = Duration.days(30)
  static let quiet = Duration.seconds(60)
  /// How often is looked for what nobody told of.
  static let idle = Duration.minutes(10)
  /// Who is asked by query.
  private static let queried = Set(
    TrafficKind.allCases.flatMap(\.sends).filter { $0.proof == .query }.flatMap(\.ways))

  init(seed: UInt64, on ledger: any Ledger, flaw: TrafficFlaw? = nil, keepsJournal: Bool = false) {
    random = SeededGenerator(seed: seed)
    self.ledger = flaw?.ledger(ledger) ?? ledger
    kinds = flaw?.kinds ?? TrafficKind.allCases
    journal = SimulationJournal(isKept: keepsJournal)
  }

  /// Plays so many studies to their end. Returns what was found to be wrong; nothing if all is well.
  func run(studies: Int) async throws -> [String] {
    plan(studies: studies)
    while oracle.violations.isEmpty, idleLooks < 2, clock.elapsed < Self.troubledTime + Self.patience,
      let next = agenda.next()
    {
      clock.advance(by: next.at - clock.elapsed)
      try await happen(next.item)
    }
    if oracle.violations.isEmpty { try await end() }
    return oracle.violations
  }

  private func happen(_ happening: Happening) async throws {
    switch happening {
    case .arrival(let content): try await arrive(content)
    case .turn(let name):
      guard destinations[name]?.nextTurn == clock.elapsed else { return }
      destinations[name]?.nextTurn = nil
      try await turn(of: name)
    case .answer(let name, let key): try await answer(of: name, to: key)
    case .ask(let name): try await ask(name)
    case .report(let name, let index): try await report(of: name, index)
    case .query(let name): try await query(name)
    case .spell(let name, let spell):
      guard isTroubled else { return }
      journal.note("\(name) is \(spell.map { "\($0)" } ?? "well")")
      peers[name]?.spell = spell
    case .upkeep: try await upkeep()
    case .restart: if isTroubled { try await restart() }
    case .faultsEnd:
      journal.note("==== faults end")
      isTroubled = false
      for name in TrafficContent.destinations { peers[name]?.spell = nil }
    }
  }

  // MARK: What will happen

  private func plan(studies: Int) {
    var number = 0
    for study in 0..<studies { plan(study: study, &number) }
    for name in TrafficContent.destinations {
      planSpells(of: name)
      agenda.note(.ask(name), at: .seconds(below(60)))
      if Self.queried.contains(name) { agenda.note(.query(name), at: .seconds(below(60))) }
    }
    for _ in 0..<8 { agenda.note(.restart, at: .minutes(below(2880))) }
    agenda.note(.upkeep, at: .zero)
    agenda.note(.faultsEnd, at: Self.troubledTime)
  }

  /// Some arrive in pieces, hours apart; some are sent once more.
  private func plan(study: Int, _ number: inout Int) {
    let kind = one(of: kinds) ?? .ct
    let source = one(of: TrafficContent.sources) ?? "ct1"
    var time = Duration.minutes(below(2820))
    for _ in 0...below(6) {
      number += 1
      let content = TrafficContent(number: number, study: study, kind: kind, source: source)
      time += chance(6) ? .minutes(2 + below(480)) : .seconds(below(30))
      agenda.note(.arrival(content), at: time)
      if chance(8) { agenda.note(.arrival(content), at: time + .minutes(below(1200))) }
    }
  }

  private func planSpells(of name: PeerName) {
    var time = Duration.minutes(below(120))
    while time < Self.troubledTime {
      agenda.note(.spell(name, one(of: TrafficPeer.Spell.allCases)), at: time)
      time += .minutes(10 + below(chance(20) ? 600 : 120))
      agenda.note(.spell(name, nil), at: time)
      time += .minutes(below(150))
    }
  }

  private func arrive(_ content: TrafficContent) async throws {
    let id = InstanceID.new(at: clock.now, using: &random)
    let result = try await ledger.admit(content.admission(as: id, at: clock.now), now: clock.now)
    journal.note("\(content.source) sends \(content.sop.instanceUID) of \(content.study) as \(id): \(result)")
    switch result {
    case .admitted(conflicted: false):
      oracle.admitted(id, content, at: clock.now)
      files.insert(id)
      tally.instances += 1
    case .known(let earlier):
      if oracle.promised[earlier]?.sop != content.sop { oracle.complain("\(id) is taken for \(earlier)") }
    default: oracle.complain("\(id), of which there is one content, is \(result)")
    }
    for send in content.kind.sends { noteTurn(of: send.to) }
  }

  private func end() async throws {
    // What was purged last is told of as well.
    _ = try await ledger.advanceStudies(quiet: Self.quiet, now: clock.now)
    oracle.advanced(quiet: Self.quiet, now: clock.now)
    var rows: [InstanceRecord] = []
    var page: Page<InstanceRecord>?
    repeat {
      page = try await ledger.instances(InstanceFilter(), page: PageRequest(cursor: page?.next, limit: 1000))
      rows += page?.items ?? []
    } while page?.next != nil
    var events: [RecordedEvent] = []
    while true {
      let more = try await ledger.events(after: events.last?.sequence ?? 0, limit: 5000)
      events += more
      if more.isEmpty { break }
    }
    oracle.ended(rows, alarms: try await ledger.alarms(), files: files, peers: peers)
    oracle.toldAll(events.map(\.event), rows)
    tally.purged = oracle.purged.count
    tally.failed = rows.flatMap(\.deliveries).count { $0.state == .failed }
    tally.superseded = rows.flatMap(\.deliveries).count { $0.state == .superseded }
    tally.days = Int(clock.elapsed.inSeconds / 86_400)
  }

  // MARK: Chance

  func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  func chance(_ percent: Int) -> Bool { below(100) < percent }
  func one<Item>(of items: [Item]) -> Item? { items.randomElement(using: &random) }

  // MARK: Looks

  /// Has a destination's queue looked at after a time, or earlier if that is noted.
  func noteTurn(of name: PeerName, in wait: Duration = .zero) {
    let time = clock.elapsed + max(wait, .zero)
    if let next = destinations[name]?.nextTurn, next <= time { return }
    destinations[name]?.nextTurn = time
    agenda.note(.turn(name), at: time)
  }
}
