import AdminAPI
import ArgumentParser

/// `escrow jobs`.
struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "Look at what peers asked and the API wants sent, and act on it.",
    discussion: "Example:\n  escrow jobs ls --state Retry,Failure",
    subcommands: [List.self, Show.self, Pause.self, Resume.self, Cancel.self, Resubmit.self],
    defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List jobs, newest first.",
      discussion: "Example:\n  escrow jobs ls --state Retry,Failure")

    @Option(help: "Pending, Running, Retry, Paused, Success or Failure; several separated by commas.")
    var state: String?

    @Option(help: "StorageCommitmentScp or DicomModalityStore.")
    var kind: String?

    @Option(help: "At most this many.")
    var limit = 100

    @OptionGroup var options: ClientOptions

    func run() throws {
      var path = "/api/v1/jobs?limit=\(limit)"
      if let state { path += "&state=\(state.urlEscaped)" }
      if let kind { path += "&kind=\(kind.urlEscaped)" }
      let page = try options.client().get(ListBody<JobBody>.self, path, json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("no jobs") }
      var table = TextTable("JOB", "KIND", "PEER", "STATE", "CREATED", "DONE", "FAILED", "TRIES", "ERROR")
      for item in page.items {
        table.add(
          item.id, item.kind, item.peer, item.state, item.createdAt, "\(item.done)/\(item.total)", "\(item.failed)",
          "\(item.tries)", item.error ?? "-")
      }
      table.write()
      if page.next != nil { print("... and more; narrow the filter or raise --limit") }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show one job.",
      discussion: "Example:\n  escrow jobs show 004c0dae-137d-4b2d-8c8a-dbcdc31ec32a")

    @Argument(help: "The job.")
    var id: String

    @OptionGroup var options: ClientOptions

    func run() throws {
      let job = try options.client().get(JobBody.self, "/api/v1/jobs/\(id.urlEscaped)", json: options.json)
      if !options.json { JobsCommand.show(job) }
    }
  }

  struct Pause: JobChange {
    static let verb = "pause"
    static let configuration = change("pause", "Stop working on a job until it is resumed.")
    @Argument(help: "The job.") var id: String
    @OptionGroup var options: ClientOptions
  }

  struct Resume: JobChange {
    static let verb = "resume"
    static let configuration = change("resume", "Go on with a job that was paused.")
    @Argument(help: "The job.") var id: String
    @OptionGroup var options: ClientOptions
  }

  struct Cancel: JobChange {
    static let verb = "cancel"
    static let configuration = change(
      "cancel", "End a job. A peer that asked for commitment is not answered; what was not sent is not sent.")
    @Argument(help: "The job.") var id: String
    @OptionGroup var options: ClientOptions
  }

  struct Resubmit: JobChange {
    static let verb = "resubmit"
    static let configuration = change("resubmit", "Begin again with a job that failed or was cancelled.")
    @Argument(help: "The job.") var id: String
    @OptionGroup var options: ClientOptions
  }

  private static func change(_ name: String, _ abstract: String) -> CommandConfiguration {
    CommandConfiguration(
      commandName: name, abstract: abstract,
      discussion: "Example:\n  escrow jobs \(name) 004c0dae-137d-4b2d-8c8a-dbcdc31ec32a")
  }

  /// Prints one job for people.
  fileprivate static func show(_ job: JobBody) {
    print("job          \(job.id)  \(job.kind)")
    print("peer         \(job.peer)")
    print("state        \(job.state)\(job.error.map { ": \($0)" } ?? "")")
    print("created      \(job.createdAt)")
    if let completedAt = job.completedAt { print("completed    \(completedAt)") }
    if let nextAt = job.nextAt { print("next         \(nextAt)") }
    print("done         \(job.done) of \(job.total), \(job.failed) failed, \(job.tries) tries")
    if let uid = job.transactionUID { print("transaction  \(uid)") }
    if let reportedAt = job.reportedAt { print("told         \(reportedAt)") }
  }
}

/// One thing that an operator does to a job.
protocol JobChange: ParsableCommand {
  static var verb: String { get }
  var id: String { get }
  var options: ClientOptions { get }
}

extension JobChange {
  func run() throws {
    let job = try options.client().post(
      JobBody.self, "/api/v1/jobs/\(id.urlEscaped)/\(Self.verb)", [String: String](), json: options.json)
    if !options.json { JobsCommand.show(job) }
  }
}
