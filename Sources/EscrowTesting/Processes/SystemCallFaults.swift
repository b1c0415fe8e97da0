/// Failing system calls, `Tests/Faults/syscalls.py`: the router is killed at a call, or the call fails.
package enum SystemCallFaults {
  /// Whether this machine lets processes be traced; says so when it does not.
  package static func isPossible() async throws -> Bool {
    let result = try? await Command("strace", ["-qq", "-o", "/dev/null", "true"]).run()
    if result?.code == 0 { return true }
    Torture.report("NO FAILING SYSTEM CALLS HERE, the simulated disk stands in: \(result?.errors ?? "no strace")")
    return false
  }

  /// Tries `cases` of all the calls that can fail.
  package static func run(cases: Int) async throws -> CommandResult {
    try await Command(
      Repository.python,
      [
        "\(Repository.root)/Tests/Faults/syscalls.py", "--escrow", Repository.escrow, "--cases", "\(cases)", "--seed",
        "\(Torture.seed)",
      ]
    ).run(within: .seconds(600 + 10 * cases))
  }
}
