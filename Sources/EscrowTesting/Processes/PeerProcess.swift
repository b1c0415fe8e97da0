import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A child process in a process group of its own.
///
/// A thread of its own starts it, waits for its end and then ends what is left of its group; the kernel kills it should
/// the tests die first, so that nothing outlives them.
package final class PeerProcess: Sendable {
  package let command: Command
  package let processID: Int32
  /// Everything it printed to standard error, and to standard output unless that goes elsewhere.
  package let log: String

  private let state = NIOLockedValueBox(State.running([]))

  private enum State {
    case running([CheckedContinuation<ExitStatus, Never>])
    case ended(ExitStatus)
  }

  private init(command: Command, processID: Int32, log: String) {
    self.command = command
    self.processID = processID
    self.log = log
  }

  /// Starts a process and returns once it is there.
  package static func start(
    _ command: Command, input: ProcessFile = .null, output: ProcessFile, errors: ProcessFile
  ) async throws -> PeerProcess {
    try await onThread { started in
      let process: PeerProcess
      do {
        let processID = try spawn(command, input: input, output: output, errors: errors)
        process = PeerProcess(command: command, processID: processID, log: errors.path ?? "")
      } catch {
        started(.failure(error))
        return
      }
      started(.success(process))
      process.reap()
    }
  }

  package var isRunning: Bool {
    state.withLockedValue { if case .running = $0 { true } else { false } }
  }

  /// Waits for the end.
  package func exit() async -> ExitStatus {
    await withCheckedContinuation { continuation in
      let ended: ExitStatus? = state.withLockedValue { state in
        switch state {
        case .running(let waiting):
          state = .running(waiting + [continuation])
          return nil
        case .ended(let status):
          return status
        }
      }
      if let ended { continuation.resume(returning: ended) }
    }
  }

  /// Waits for the end, and kills what has not ended by then.
  package func exit(within deadline: Duration) async -> ExitStatus {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        if (try? await Task.sleep(for: deadline)) != nil { self.send(signal: SIGKILL) }
      }
      let status = await exit()
      group.cancelAll()
      return status
    }
  }

  /// Sends a signal to the whole group; nothing when it has ended.
  package func send(signal: Int32) {
    state.withLockedValue { if case .running = $0 { _ = Glibc.kill(-processID, signal) } }
  }

  /// Ends it at once, as a power cut of this one program would.
  @discardableResult
  package func kill() async -> ExitStatus {
    send(signal: SIGKILL)
    return await exit()
  }

  /// Asks it to end, and waits until it has.
  @discardableResult
  package func terminate() async -> ExitStatus {
    send(signal: SIGTERM)
    return await exit()
  }

  /// The last lines of the log.
  package func logTail(lines: Int = 40) -> String {
    text(of: log).split(separator: "\n", omittingEmptySubsequences: false).suffix(lines).joined(separator: "\n")
  }

  /// Waits on the process's thread. The process stays a zombie until its group is ended, so that no signal of ours
  /// can reach a stranger that got its number.
  private func reap() {
    var info = siginfo_t()
    while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    let waiting: [CheckedContinuation<ExitStatus, Never>]
    let status: ExitStatus
    (waiting, status) = state.withLockedValue { state in
      _ = Glibc.kill(-processID, SIGKILL)
      var raw: Int32 = 0
      waitpid(processID, &raw, 0)
      let status = raw & 0x7f == 0 ? ExitStatus.code((raw >> 8) & 0xff) : .signal(raw & 0x7f)
      defer { state = .ended(status) }
      if case .running(let waiting) = state { return (waiting, status) }
      return ([], status)
    }
    for continuation in waiting { continuation.resume(returning: status) }
  }
}

/// Where a standard stream of a process leads.
package struct ProcessFile: Sendable {
  /// A file that is appended to.
  package var path: String?
  /// An open descriptor, used when there is no path.
  package var descriptor: Int32?

  package init(path: String) { self.path = path }

  package init(descriptor: Int32) { self.descriptor = descriptor }

  private init() {}

  /// Nothing to read, and what is written is lost.
  package static let null = ProcessFile()
}
