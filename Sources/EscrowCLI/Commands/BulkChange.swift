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

/// One change of many rows: shown first, then done to exactly as many as were shown.
struct BulkChange {
  /// E.g. `/api/v1/deliveries/retry`.
  let path: String
  /// E.g. `deliveries`.
  let noun: String
  /// E.g. `queued again`.
  let done: String
  let bulk: BulkOptions
  let client: ClientOptions

  func run(_ filter: some FilterBody) throws {
    let server = try client.client()
    let request = { (dryRun: Bool, expect: Int?) in
      BulkRequestBody(filter: filter, expect: expect, dryRun: dryRun, reason: bulk.reason)
    }
    let result = try server.post(
      BulkResultBody.self, path, request(!bulk.yes, bulk.expect), json: client.json)
    if client.json { return }
    tell(result)
    if result.matched == 0 { throw Failure(.no, "nothing matches") }
    if result.changed == 0 { throw Failure(.no, "nothing \(bulk.yes ? "was" : "would be") changed") }
  }

  private func tell(_ result: BulkResultBody) {
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
