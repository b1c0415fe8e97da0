import Foundation
import NIOConcurrencyHelpers

/// What one end-to-end test has for itself: a directory, ports, and processes that end with it.
package final class Stage: Sendable {
  /// The stage of the running test.
  @TaskLocal package static var current: Stage?

  package let directory: TemporaryDirectory
  package let ports = FreePorts()

  private let processes = NIOLockedValueBox<[(name: String, process: PeerProcess)]>([])
  private let endings = NIOLockedValueBox<[@Sendable () -> Void]>([])
  private let failed = NIOLockedValueBox(false)

  private init() throws { directory = try TemporaryDirectory() }

  /// Runs a test on a new stage, then ends all its processes, whatever happened. When the test failed, shows the ends
  /// of their logs and keeps the directory.
  package static func run(_ test: (Stage) async throws -> Void) async throws {
    let stage = try Stage()
    do {
      try await $current.withValue(stage) { try await test(stage) }
    } catch {
      stage.noteFailure()
      await stage.end()
      throw error
    }
    await stage.end()
  }

  /// To be called when an expectation fails that does not end the test.
  package func noteFailure() { failed.withLockedValue { $0 = true } }

  /// Has a process end with the stage.
  package func add(_ process: PeerProcess, named name: String) {
    processes.withLockedValue { $0.append((name, process)) }
  }

  /// Has something done when the processes have ended and before the directory goes, the last first.
  package func atEnd(_ ending: @escaping @Sendable () -> Void) { endings.withLockedValue { $0.append(ending) } }

  /// Starts a server that logs to `NAME.log`.
  package func start(_ command: Command, named name: String) async throws -> PeerProcess {
    let log = ProcessFile(path: directory.appending("\(name).log"))
    let process = try await PeerProcess.start(command, output: log, errors: log)
    add(process, named: name)
    return process
  }

  /// Starts a Python peer that logs to `NAME.log`.
  package func python(_ script: String, _ arguments: [String], named name: String) async throws -> PythonPeer {
    let peer = try await PythonPeer.start(script, arguments, log: directory.appending("\(name).log"))
    add(peer.process, named: name)
    return peer
  }

  private func end() async {
    let all = processes.withLockedValue { $0 }
    for (_, process) in all.reversed() { await process.kill() }
    for ending in endings.withLockedValue({ $0 }).reversed() { ending() }
    guard failed.withLockedValue({ $0 }) else {
      try? directory.remove()
      return
    }
    var shown: Set<String> = []
    for (name, process) in all where shown.insert(process.log).inserted {
      show("--- \(name): \(process.command)\n\(process.logTail())")
    }
    show("--- everything is in \(directory.path)")
  }

  /// To standard error, where the test runner writes.
  private func show(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
