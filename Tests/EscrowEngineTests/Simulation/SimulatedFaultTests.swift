import EscrowTesting
import Foundation
import Glibc
import Testing

/// One instance is received, sent, committed to and purged, and each call to the disks that matters goes wrong in turn,
/// in every way it can; then also a second one, mostly in the recovery that follows.
///
/// `ESCROW_SIMULATION_PAIRS` says how many of the pairs are played: every n-th, 1 for all.
@Suite struct SimulatedFaultTests {
  /// One position with what happens there.
  private struct Fault: Sendable {
    var script: [Int: Mishap]
    var death: SimulatedMachine.Death
    var seed: UInt64
  }

  private static let ways: [Mishap] = [
    .error(EIO, takesEffect: false), .error(ENOSPC, takesEffect: false), .error(EIO, takesEffect: true),
    .death(takesEffect: false), .death(takesEffect: true),
  ]

  private static let step =
    ProcessInfo.processInfo.environment["ESCROW_SIMULATION_PAIRS"].flatMap(Int.init) ?? max(1, 400 / Torture.factor)

  @Test func everyCallMayFailAlone() async {
    let calls = await Self.calls()
    #expect(calls > 30)
    var faults: [Fault] = []
    for call in 1...calls {
      for way in Self.ways {
        for death in way.isDeath ? SimulatedMachine.Death.allCases : [.powerCut] {
          // What a power cut keeps of the unsynced is chance: nothing, all, or some of it.
          for seed in 1...(way.isDeath && death == .powerCut ? 4 : 1) as ClosedRange<UInt64> {
            faults.append(Fault(script: [call: way], death: death, seed: seed))
          }
        }
      }
    }
    Torture.report("\(calls) calls matter in one life: \(faults.count) faults")
    await Self.play(faults)
  }

  @Test func everyTwoCallsMayFail() async {
    let calls = await Self.calls()
    var faults: [Fault] = []
    for first in 1...calls {
      for second in first + 1...calls + 40 {
        for (way, other) in Self.ways.flatMap({ way in Self.ways.map { (way, $0) } }) {
          faults.append(Fault(script: [first: way, second: other], death: .powerCut, seed: UInt64(second)))
        }
      }
    }
    let chosen = stride(from: 0, to: faults.count, by: Self.step).map { faults[$0] }
    Torture.report("\(faults.count) pairs of faults, \(chosen.count) of them played")
    await Self.play(chosen)
  }

  /// How many calls matter when nothing goes wrong.
  private static func calls() async -> Int {
    let simulation = Simulation(seed: 1)
    #expect(await simulation.runOneLife() == [])
    return simulation.weather.calls
  }

  private static func play(_ faults: [Fault]) async {
    await withDiscardingTaskGroup { group in
      let lanes = ProcessInfo.processInfo.activeProcessorCount
      for lane in 0..<lanes {
        group.addTask {
          for index in stride(from: lane, to: faults.count, by: lanes) {
            await play(faults[index])
            // A life waits for nothing: other tests would not get a processor until all have been lived.
            await Task.yield()
          }
        }
      }
    }
  }

  private static func play(_ fault: Fault) async {
    let simulation = Simulation(seed: fault.seed, script: fault.script, death: fault.death)
    guard await !simulation.runOneLife().isEmpty else { return }
    let again = Simulation(seed: fault.seed, keepsJournal: true, script: fault.script, death: fault.death)
    let violation = await again.runOneLife().first ?? "not again"
    Issue.record("\(fault): \(violation)\n\(again.journal.text)")
  }
}

extension Mishap {
  fileprivate var isDeath: Bool { if case .death = self { true } else { false } }
}
