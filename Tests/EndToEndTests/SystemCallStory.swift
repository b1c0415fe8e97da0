import EscrowTesting
import Testing

extension Stories {
  /// Any system call fails, or is the last: nothing is lost, and what ended starts again.
  @Suite(.enabled("this machine does not let processes be traced", SystemCallFaults.isPossible)) struct SystemCalls {
    @Test func nothingIsLost() async throws {
      let result = try await SystemCallFaults.run(cases: Torture.times(30))
      Torture.report(result.output)
      try result.expectSuccess()
    }
  }
}
