/// The power-cut harness, `Tests/Faults/powercut.py`: it records what the router writes to a disk, and looks whether
/// anything is lost whenever the power goes.
package enum PowerCut {
  /// Whether this machine can mount; says so when it cannot.
  package static func isPossible() async throws -> Bool {
    let result = try await command(["--probe"]).run()
    if result.code == 0 { return true }
    Torture.report("NO POWER CUTS HERE, the simulated disk stands in: \(result.errors)")
    return false
  }

  /// Looks at `points` states of a disk of this file system under `escrow`, or under the router with this fault.
  package static func run(
    on system: String, points: Int, rounds: Int, fault: String? = nil
  ) async throws
    -> CommandResult
  {
    let options =
      [
        "--system", system, "--points", "\(points)", "--rounds", "\(rounds)", "--seed",
        "\(Torture.seed)",
      ]
      + (fault.map { ["--fault", $0] } ?? [])
    return try await command(options).run(within: .seconds(600 + points))
  }

  private static func command(_ options: [String]) -> Command {
    Command(
      Repository.python,
      ["\(Repository.root)/Tests/Faults/powercut.py", "--escrow", Repository.escrow, "--faulty", Repository.faulty]
        + options)
  }
}
