import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting
import NIOCore

extension Simulation {
  /// Whatever happened, the next process recovers; it may die or fail in recovery again and again.
  func restart(after death: SimulatedMachine.Death) async {
    let mayBeInterrupted = mayBeInterrupted
    self.mayBeInterrupted = false
    defer { self.mayBeInterrupted = mayBeInterrupted }
    var death = death
    process?.end()
    process = nil
    oracle.clockJumped(by: unseenJumps)
    unseenJumps = .zero
    for attempt in 0... {
      machine = machine.after(death, seed: random.next())
      if death == .powerCut { clock.reboot() }
      journal.note("---- \(death), start \(attempt + 1)")
      weather.begin(attempt < 5 ? moodOfStart() : .calm)
      let wholeFiles = weather.calmly { oracle.wholeFilesWithoutRow(on: machine, versions: versions) }
      let isUp = await recover()
      let isDisturbed = noteMishaps()
      noteStart(afterFailed: attempt > 0)
      if isUp, !weather.isDead, let process, !process.file.isBroken {
        weather.calmly {
          oracle.recovered(process.memory.snapshot, of: self, from: wholeFiles, undisturbed: !isDisturbed)
          oracle.observe(process.memory.snapshot, of: self)
        }
        return weather.begin(moodOfStart())
      }
      if attempt == 5 { weather.change(to: nil) }
      process?.end()
      process = nil
      death = deathOf(weather.isDead)
    }
  }

  private func moodOfStart() -> Weather.Mood {
    var mood = mood
    mood.deathIn = mood.deathIn.map { 1 + below(chance(25) ? 20 : $0) }
    return mood
  }

  private func recover() async -> Bool {
    process = boot()
    guard let process else { return false }
    do {
      let summary = try await Recovery(context: process.context).run()
      try await ClockGuard.check(in: process.context)
      journal.note("\(summary)")
      return true
    } catch {
      journal.note("recovery failed: \(error)")
      return false
    }
  }

  /// Faults stop, senders send what is left, the archive answers: everything must come to its end.
  func settleAll() async {
    mood = .calm
    weather.begin(.calm)
    weather.change(to: nil)
    if process == nil { await restart(after: .kill) }
    journal.note("==== faults stop")
    await attempt { try await self.recordOutcomes() }
    await attempt { try await self.releaseAll() }
    for _ in 0..<3 {
      for content in unsent { await attempt { try await self.take(content) } }
    }
    if !unsent.isEmpty { oracle.complain("not taken although nothing stands against it: \(unsent.map(\.sop))") }
    await playOut()
    // What recovery finds, such as a file that could not be removed, has to come to its end as well.
    await restart(after: .powerCut)
    await playOut()
    if oracle.violations.isEmpty { await outlive() }
  }

  /// Eighteen hours more: what is on record of copies that are gone is forgotten when its time is over.
  private func outlive() async {
    for _ in 0..<6 {
      await attempt {
        self.clock.advance(by: .hours(3))
        try await self.upkeep()
      }
    }
  }

  private func playOut() async {
    var rounds = 0
    repeat {
      await round()
      rounds += 1
    } while rounds < 80 && oracle.violations.isEmpty && process.map { Oracle.isWaiting($0.memory.snapshot) } ?? false
    if let process { oracle.ended(process.memory.snapshot, of: self) }
  }

  /// Six hours in which everything works.
  private func round() async {
    await attempt {
      for destination in ["archive", "research"] as [PeerName] {
        while try await self.send(to: destination, limit: 20, kindly: true) > 0 { try await self.recordOutcomes() }
      }
      self.clock.advance(by: .minutes(1))
      while try await self.ask(kindly: true) {}
      while try await self.report(kindly: true) {}
      try await self.upkeep()
      while try await self.query(kindly: true) {}
      self.clock.advance(by: .hours(6))
      try await self.purge()
      // What was found too long ago is asked for again before it goes.
      while try await self.query(kindly: true) {}
      try await self.purge()
    }
  }

  private func take(_ content: SimulatedContent) async throws {
    try begin(content, from: "ct1")
    guard var reception = process?.receptions.popLast() else { return }
    _ = reception.receiver.receive(ByteBuffer(bytes: reception.rest))
    reception.rest = []
    try await finish(reception)
  }

  // MARK: One life

  func takeWhole() async throws { if let content = unsent.first { try await take(content) } }

  func sendAll() async throws { try await send(to: "archive", limit: 1, kindly: true) }

  func askKindly() async throws {
    clock.advance(by: .minutes(1))
    try await ask(kindly: true)
  }

  func reportKindly() async throws { try await report(kindly: true) }

  func purgeInTime() async throws {
    clock.advance(by: .hours(1))
    try await purge()
  }

  /// In fair weather everything works; where a script has a fault left, it works the next time.
  private func attempt(_ body: () async throws -> Void) async {
    for _ in 0..<4 {
      do {
        try await body()
        return await look()
      } catch {
        journal.note("failed: \(error)")
        if !noteMishaps() { oracle.complain("failed in fair weather: \(error)") }
        await look()
      }
    }
  }
}
