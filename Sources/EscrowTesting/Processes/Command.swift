import Foundation

/// A program with its arguments.
package struct Command: Sendable, CustomStringConvertible {
  package var executable: String
  package var arguments: [String]
  /// Added to the tests' own environment.
  package var environment: [String: String]
  /// The working directory; nil for the tests' own.
  package var directory: String?

  package init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  package var description: String { ([executable] + arguments).joined(separator: " ") }

  /// Runs it to its end with nothing to read. The deadline only ends a test that has already failed.
  package func run(within deadline: Duration = .seconds(300)) async throws -> CommandResult {
    let base = FileManager.default.temporaryDirectory.path + "/escrow-command-" + UUID().uuidString
    let (output, errors) = (base + ".out", base + ".err")
    defer { for file in [output, errors] { try? FileManager.default.removeItem(atPath: file) } }
    let process = try await PeerProcess.start(self, output: .init(path: output), errors: .init(path: errors))
    let exit = await process.exit(within: deadline)
    return CommandResult(command: self, exit: exit, output: text(of: output), errors: text(of: errors))
  }

  /// Runs it to its end; anything but exit code 0 is an error.
  @discardableResult
  package func check() async throws -> CommandResult {
    try await run().expectSuccess()
  }
}

/// What a finished command said.
package struct CommandResult: Sendable, CustomStringConvertible {
  package var command: Command
  package var exit: ExitStatus
  package var output: String
  package var errors: String

  /// The exit code; nil when a signal ended it.
  package var code: Int? {
    if case .code(let code) = exit { Int(code) } else { nil }
  }

  package var description: String { "\(command): \(exit)\n\(output)\(errors)" }

  /// Anything but exit code 0 is an error.
  @discardableResult
  package func expectSuccess() throws -> CommandResult {
    guard exit == .code(0) else { throw ProcessError(description) }
    return self
  }

  /// Standard output as JSON.
  package func json() throws -> JSON { try JSON(parsing: output) }
}

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
  case code(Int32)
  case signal(Int32)
}

/// The text of a file; empty when there is none.
func text(of path: String) -> String {
  String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
}
