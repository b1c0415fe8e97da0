import AdminAPI
import ArgumentParser

/// `escrow purging`.
struct PurgingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purging", abstract: "Go on purging after the clock jumped.",
    discussion: "Example:\n  escrow purging resume --reason 'NTP was broken, the clock is right now'",
    subcommands: [Resume.self])

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Confirm that the clock is right: what is due may be purged again.",
      discussion: """
        After a step of the wall clock of more than a minute nothing is purged for a day, since nobody knows how old \
        anything is. Compare `date -u` with a clock you trust, then resume.

        Example:
          escrow purging resume --reason 'NTP was broken, the clock is right now'
        """)

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var options: ClientOptions

    func run() throws {
      let answer = try options.client().post(
        ResumedBody.self, "/api/v1/purging/resume", ResumeBody(reason: reason), json: options.json)
      guard answer.resumed else { throw Failure(.no, "purging was not stopped") }
      if !options.json { print("purging goes on") }
    }
  }
}
