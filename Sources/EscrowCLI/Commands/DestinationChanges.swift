import AdminAPI
import ArgumentParser

/// `escrow destinations show`.
struct DestinationShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what waits for a destination, by study, those that wait longest first.",
    discussion: "Example:\n  escrow destinations show archive")

  @Argument(help: "The destination.") var name: String
  @Option(help: "At most this many studies.") var limit = 100
  @OptionGroup var options: ClientOptions

  func run() throws {
    let body = try options.client().get(
      DestinationQueueBody.self, DestinationsCommand.path(name) + "?limit=\(limit)", json: options.json)
    if options.json { return }
    if let destination = body.destination {
      print("\(name) is \(destination.stop?.text ?? destination.health)\(destination.reason.map { ": \($0)" } ?? "")")
    } else {
      print("\(name) is no peer with host and port any more")
    }
    print(body.routes.isEmpty ? "no route sends to it" : "routes: \(body.routes.joined(separator: ", "))")
    if body.studies.isEmpty { return print("nothing waits for it") }
    var table = TextTable("STUDY", "DELIVERIES", "BYTES", "OLDEST", "REASONS")
    for study in body.studies {
      let reasons = study.reasons.map { "\($0.deliveries)x \($0.reason)" }.joined(separator: "; ")
      table.add(
        study.studyInstanceUID, countsText(study.deliveries, none: "-"), bytesText(study.bytes),
        study.oldestReceivedAt, reasons.isEmpty ? "-" : reasons)
    }
    table.write()
    if body.moreStudies > 0 { print("... and \(body.moreStudies) more studies; raise --limit") }
    if !body.isComplete { print("More waits than was looked at; `escrow status` has the numbers.") }
  }
}

/// What changes all that waits for a destination: shown first, then done.
private struct DestinationChange {
  let name: String
  let verb: String
  let done: String
  let order: BulkOptions
  let options: ClientOptions

  func run(to target: String? = nil) throws {
    let request = DestinationRequestBody(to: target, reason: order.reason, dryRun: !order.yes, expect: order.expect)
    let result = try options.client().post(
      DestinationChangeBody.self, DestinationsCommand.path(name, verb), request, json: options.json)
    if options.json { return }
    if order.yes {
      print("\(result.changed) of \(result.matched) deliveries \(done)")
    } else {
      print("\(result.matched) deliveries wait; \(result.changed) would be \(done)")
      print("Nothing is changed yet. Do it with: --yes --expect \(result.matched)")
    }
    for skipped in result.skipped.prefix(20) { print("  skipped \(skipped.id): \(skipped.reason)") }
    if result.skipped.count > 20 { print("  ... and more were skipped") }
    guard !result.routes.isEmpty else { return }
    print("These routes send to \(name) still: \(result.routes.joined(separator: ", "))")
  }
}

/// `escrow destinations repoint`.
struct DestinationRepoint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repoint", abstract: "Send to another destination what is queued or failed for this one.",
    discussion: """
      Each delivery is cancelled and waived, and one with the same proof, priority and routes takes its place. What was \
      sent stays. Shows what it would do; --yes does it. Needs a --reason.

      Example:
        escrow destinations repoint archive --to archive2 --reason 'archive is broken' --yes
      """)

  @Argument(help: "The destination.") var name: String
  @Option(help: "The one that takes its place.") var to: String
  @OptionGroup var order: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    try DestinationChange(
      name: name, verb: "repoint", done: "repointed to \(to)", order: order, options: options
    ).run(to: to)
  }
}

/// `escrow destinations retire`.
struct DestinationRetire: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire", abstract: "Send nothing to a destination any more, and give up what is open for it.",
    discussion: """
      Its open, failed and cancelled deliveries are cancelled and waived: they no longer keep copies, which go when the \
      other destinations have proved them safe. What is being sent ends first: repeat it then. Take it out of the \
      routes before or after. Shows what it would do; --yes does it. Needs a --reason.

      Example:
        escrow destinations retire archive --reason 'replaced by archive2' --yes
      """)

  @Argument(help: "The destination.") var name: String
  @OptionGroup var order: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    try DestinationChange(name: name, verb: "retire", done: "given up", order: order, options: options).run()
  }
}
