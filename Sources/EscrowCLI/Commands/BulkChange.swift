import AdminAPI
import ArgumentParser

/// What every command that changes many rows can be told.
struct BulkOptions: ParsableArguments {
  @Option(help: "Why, for the record.")
  var reason: String?

  @Flag(help: "Do it. Without this, only shows what would be done.")
  var yes = false

  @Option(help: "Do it only if exactly this many match.")
  var expect: Int?
}

/// Which rows are changed.
protocol BulkSelection: ParsableArguments {
  associatedtype Filter: FilterBody
  /// What they are called.
  static var noun: String { get }

  /// As the API's filter, in `states` when nothing else is said.
  ///
  /// - Parameter mustSelect: whether everything must be asked for explicitly, e.g. by `--state`.
  func filter(states: String, mustSelect: Bool) throws -> Filter
}

/// What one command does to many rows, and how its help says so.
struct BulkChange {
  /// The command's name.
  let name: String
  /// E.g. `/api/v1/deliveries/retry`.
  let path: String
  /// E.g. `queued again`.
  let done: String
  /// Which are meant when nothing else is said, separated by commas.
  let states: String
  /// Whether everything must be asked for explicitly.
  var mustSelect = false
  let abstract: String
  /// What else must be known before.
  let note: String
  let example: String
}

/// A verb that is a command: ``BulkCommand``.
protocol BulkVerb {
  associatedtype Selection: BulkSelection
  static var change: BulkChange { get }
}

/// One change of many rows: shown first, then done to exactly as many as were shown.
struct BulkCommand<Verb: BulkVerb>: ParsableCommand {
  static var configuration: CommandConfiguration {
    let change = Verb.change
    return CommandConfiguration(
      commandName: change.name, abstract: change.abstract,
      discussion: """
        \(change.note)
        Shows what it would do; --yes does it.

        Example:
          \(change.example)
        """)
  }

  @OptionGroup var selection: Verb.Selection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let filter = try selection.filter(states: Verb.change.states, mustSelect: Verb.change.mustSelect)
    let request = BulkRequestBody(filter: filter, expect: bulk.expect, dryRun: !bulk.yes, reason: bulk.reason)
    let result = try options.client().post(
      BulkResultBody.self, Verb.change.path, request, json: options.json, patience: 0)
    if !options.json { tell(result) }
    if result.matched == 0 { throw Failure(.no, "nothing matches") }
    if result.changed == 0 { throw Failure(.no, "nothing \(bulk.yes ? "was" : "would be") changed") }
  }

  private func tell(_ result: BulkResultBody) {
    let (noun, done) = (Verb.Selection.noun, Verb.change.done)
    if bulk.yes {
      print("\(result.changed) of \(result.matched) \(noun) \(done)")
    } else {
      print("\(result.matched) \(noun) match; \(result.changed) would be \(done)")
      if result.changed > 0 { print("Nothing is changed yet. Do it with: --yes --expect \(result.matched)") }
    }
    for skipped in result.skipped.prefix(20) { print("  skipped \(skipped.id): \(skipped.reason)") }
    let more = result.matched - result.changed - min(result.skipped.count, 20)
    if more > 0 { print("  ... and \(more) more were skipped") }
  }
}
