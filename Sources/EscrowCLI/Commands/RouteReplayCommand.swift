import AdminAPI
import ArgumentParser

/// `escrow route replay`.
struct RouteReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Show what the route files as they are now would have done with what was received.",
    discussion: """
      The running server reads its route files again, puts nothing in force, and tries them on what is on record. Of \
      an instance whose copy is gone, it knows the AE titles, the address, the SOP class, the transfer syntax, the \
      Study and Series Instance UID, Patient ID, Accession Number, Modality and Study Date; what depends on another \
      attribute cannot be told, and is said so.

      Exit codes: 0 nothing would be held that was not, 1 something would, 2 usage or configuration, 3 cannot reach.

      Example:
        escrow route replay --since 7d
      """)

  @Option(help: "How far back: a time such as 12h or 7d, or a moment such as 2026-11-23T08:00:00Z.")
  var since: String

  @Option(help: "At most so many differences are listed; all are counted.")
  var limit = 50

  @OptionGroup var options: ClientOptions

  func validate() throws {
    guard limit >= 0 else { throw ValidationError("--limit is a number of differences, 0 or more") }
  }

  func run() throws {
    let replay = try collect(options.client())
    if options.json { try printJSON(replay) } else { show(replay) }
    if replay.newlyHeld > 0 { throw Failure(.no) }
  }

  /// All pages as one, with no more differences than are wanted.
  private func collect(_ client: EscrowClient) throws -> ReplayBody {
    let path = "/api/v1/routes/replay"
    let first = ReplayRequestBody(since: since)
    var all = try client.post(ReplayBody.self, path, first, json: false, patience: 0)
    var shown = ContinuousClock.now
    while let next = all.next {
      all.differences.removeLast(max(0, all.differences.count - limit))
      if ContinuousClock.now - shown > .seconds(10) {
        shown = .now
        printError("\(all.instances) instances so far")
      }
      all.append(try client.post(ReplayBody.self, path, ReplayRequestBody(cursor: next), json: false, patience: 0))
    }
    all.differences.removeLast(max(0, all.differences.count - limit))
    return all
  }

  // MARK: Showing

  private func show(_ replay: ReplayBody) {
    guard replay.instances > 0 else { return print("nothing was received since then") }
    print("\(replay.instances) instances: \(replay.unchanged) as they went, \(replay.changed) otherwise")
    if replay.newlyHeld > 0 { print("\(replay.newlyHeld) would be held that were not") }
    if replay.untold > 0 {
      print("\(replay.untold) cannot be told: their copies are gone, and what is asked for is not on record")
    }
    if replay.byHand > 0 { print("\(replay.byHand) were sent by hand: no route was asked") }
    print()
    var table = TextTable("ROUTE", "TOOK", "WOULD TAKE", "CANNOT BE TOLD")
    for route in replay.routes {
      table.add(route.name, "\(route.took)", "\(route.wouldTake)", route.untold == 0 ? "-" : "\(route.untold)")
    }
    table.write()
    show(replay.differences, of: replay.changed + replay.untold)
  }

  private func show(_ differences: [ReplayBody.Difference], of count: Int) {
    guard !differences.isEmpty else { return }
    print()
    var table = TextTable("RECEIVED", "FROM", "STUDY", "SOP INSTANCE UID", "WENT TO", "WOULD GO TO")
    for item in differences {
      table.add(
        item.receivedAt, "\(item.callingAE)@\(item.sourceAddress)", item.studyInstanceUID ?? "-", item.sopInstanceUID,
        text(item.went) ?? "held", item.future)
    }
    table.write()
    if count > differences.count { print("... and \(count - differences.count) more; raise --limit") }
  }
}

/// Destinations with what they must prove; nil for none.
private func text(_ targets: [ReplayBody.Target]) -> String? {
  let texts = targets.map { target in
    let edited = target.edits.isEmpty ? "" : ", edited: \(target.edits.joined(separator: " "))"
    return "\(target.to) (\(target.proof)\(edited))"
  }
  return texts.isEmpty ? nil : texts.joined(separator: ", ")
}

extension ReplayBody.Difference {
  /// Where it would go, in words.
  fileprivate var future: String {
    if let target = text(wouldGo) { return target }
    if let wouldBeHeld { return "held: \(wouldBeHeld)" }
    let causes = Set(untold.flatMap(\.conditions)).sorted()
    return "cannot be told: \(causes.joined(separator: ", ")) is not on record"
  }
}
