import EscrowTesting
import Testing

extension Stories {
  /// The power goes at any moment: nothing that was said before may turn out not to be so.
  @Suite(.enabled("this machine cannot mount: root, /dev/fuse and loop devices are needed", PowerCut.isPossible))
  struct PowerCuts {
    @Test(arguments: ["ext4", "xfs"]) func nothingIsLost(on system: String) async throws {
      let points = Torture.times(120)
      let result = try await PowerCut.run(on: system, points: points, rounds: max(2, points / 1500))
      Torture.report(result.output)
      try result.expectSuccess()
    }

    /// The proof that the test above can fail.
    @Test(arguments: ["rename", "fileSync", "normal", "earlyAnswer", "earlyPurge"])
    func aBrokenRouterIsNoticed(fault: String) async throws {
      let result = try await PowerCut.run(on: "ext4", points: 600, rounds: 1, fault: fault)
      Torture.report(result.output)
      try result.expectSuccess()
    }
  }
}
