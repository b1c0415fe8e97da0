/// A running script of the end-to-end tests that answers commands.
package final class PythonPeer: Sendable {
  package let process: PeerProcess
  private let channel: LineChannel

  private init(process: PeerProcess, channel: LineChannel) {
    self.process = process
    self.channel = channel
  }

  /// Starts a script and returns when it is ready for commands.
  package static func start(_ script: String, _ arguments: [String], log: String) async throws -> PythonPeer {
    let channel = try LineChannel()
    let process = try await PeerProcess.start(
      Command(Repository.python, [Repository.peer(script)] + arguments),
      input: ProcessFile(descriptor: channel.childEnd), output: ProcessFile(descriptor: channel.childEnd),
      errors: ProcessFile(path: log))
    channel.childHasStarted()
    let peer = PythonPeer(process: process, channel: channel)
    guard try await channel.ask(nil) != nil else {
      throw ProcessError("\(script) did not start; `make deps` installs it\n\(process.logTail())")
    }
    return peer
  }

  /// Sends a command and returns its answer.
  @discardableResult
  package func ask(_ command: String, _ arguments: [String: JSON] = [:]) async throws -> JSON {
    let question = JSON.object(arguments.merging(["do": .string(command)]) { $1 })
    guard let line = try await channel.ask(question.text()) else {
      throw ProcessError("\(process.command) has gone\n\(process.logTail())")
    }
    let answer = try JSON(parsing: line)
    if let error = answer["error"].string { throw ProcessError("\(command): \(error)\n\(process.logTail())") }
    return answer
  }
}
