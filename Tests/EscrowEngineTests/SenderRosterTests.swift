import Testing

@testable import EscrowEngine

/// Whether work waits for a sender that is at work, or gets one of its own.
@Suite struct SenderRosterTests {
  /// A roster, asked at moments of its own.
  private final class Scene {
    var roster = SenderRoster()
    private let start = ContinuousClock.now

    /// One sender is at work on an association.
    static func busy() -> Scene {
      let scene = Scene()
      scene.roster.note(scene.roster.start(), .sending)
      return scene
    }

    func waits(after milliseconds: Int = 0) -> Bool {
      roster.waitsForIdle(at: start + .milliseconds(milliseconds))
    }
  }

  @Test func theFirstStartsAtOnce() { #expect(!Scene().waits()) }

  @Test func aLittleWorkWaitsAWhile() {
    let scene = Scene.busy()
    #expect(scene.waits())
    #expect(scene.waits(after: 49))
    #expect(!scene.waits(after: 50))
    _ = scene.roster.start()
    #expect(scene.waits(after: 60), "the next waits anew")
  }

  @Test func muchWorkDoesNot() {
    let scene = Scene.busy()
    scene.roster.hasMore = true
    #expect(!scene.waits())
    _ = scene.roster.start()
    #expect(scene.waits(), "one more was started for it")
  }

  @Test func whoIsIdleIsWokenAtOnce() {
    let scene = Scene.busy()
    #expect(scene.waits())
    scene.roster.note(1, .idle(Signal()))
    #expect(!scene.waits())
    #expect(scene.roster.wakeIdle() != nil)
    #expect(!scene.roster.hasIdle)
    #expect(scene.waits(after: 80), "the wait is over with the sender that was woken")
  }
}
