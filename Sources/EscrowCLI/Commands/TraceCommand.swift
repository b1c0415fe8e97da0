import AdminAPI
import ArgumentParser

/// `escrow trace`.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Tell all that is on record of an instance or a study, also after the purge.",
    discussion: "Example:\n  escrow trace 1.2.840.113619.2.55.3.604688119.868.1234567890.1")

  @Argument(help: "A SOP Instance UID or a Study Instance UID.")
  var uid: String

  @OptionGroup var options: ClientOptions

  func run() throws {
    let trace = try options.client().get(TraceBody.self, "/api/v1/trace/\(uid.urlEscaped)", json: options.json)
    if options.json { return }
    if let summary = trace.summary { show(summary) }
    for instance in trace.instances { show(instance, trace) }
    let shown = Set(trace.instances.map(\.sopInstanceUID))
    for item in trace.transactions where !shown.contains(item.sopInstanceUID) { print(line(item)) }
    for item in trace.inquiries { print(line(item)) }
    if trace.summary != nil, trace.events.isEmpty { return }
    print("events")
    for event in trace.events {
      let details = [event.to.map { "to \($0)" }, event.reason].compactMap { $0 }.joined(separator: ": ")
      print("  \(event.at)  \(event.type)  \(details)  by \(event.actor)")
    }
  }

  private func show(_ instance: InstanceBody, _ trace: TraceBody) {
    print("instance \(instance.sopInstanceUID)  \(instance.state)\(instance.reason.map { ": \($0)" } ?? "")")
    print(
      "  received \(instance.receivedAt) from \(instance.callingAE)@\(instance.sourceAddress), \(instance.bytes) bytes")
    print(
      "  id \(instance.id), digest \(instance.digest)\(instance.conflicted ? ", in conflict with other content" : "")")
    for delivery in instance.deliveries {
      let next = delivery.notBefore.map { "next at \($0)" }
      let said = [delivery.explanation, next].compactMap { $0 }.joined(separator: "; ")
      let why = said.isEmpty ? "" : " (\(said))"
      print("  delivery \(delivery.id) to \(delivery.to): \(delivery.state), proof \(delivery.proof)\(why)")
      for attempt in trace.attempts where attempt.delivery == delivery.id {
        let words = [attempt.status, attempt.message].compactMap { $0 }.joined(separator: " ")
        print("    \(attempt.endedAt)  attempt \(attempt.attempt): \(attempt.result) \(words)")
      }
      for item in trace.transactions where item.delivery == delivery.id { print("    \(line(item))") }
    }
  }

  private func show(_ summary: StudySummaryBody) {
    print("\(summary.isStudy ? "study" : "instance") \(summary.uid): \(summary.title)")
    print(
      "  received \(summary.firstArrival) to \(summary.lastArrival) from \(summary.callingAEs.joined(separator: ", "))")
    let discarded = summary.discarded > 0 ? ", \(summary.discarded) discarded by an administrator" : ""
    print("  purged \(summary.firstGone) to \(summary.lastGone): \(summary.purged)\(discarded)")
    for destination in summary.destinations {
      print("  to \(destination.to): \(destination.counts)")
      guard let said = destination.lastCommitment else { continue }
      print("    \(said.at)  \(said.reportedBy) committed, last in transaction \(said.transactionUID)")
    }
  }

  private func line(_ item: InquiredBody) -> String {
    let result = item.result.map { "\($0)\(item.reason.map { " \($0)" } ?? "")" } ?? "not decided yet"
    let told = item.reportedAt.map { ", told \($0)" } ?? ", not told yet"
    return "\(item.askedAt)  \(item.askedBy) asked in transaction \(item.transactionUID): \(result)\(told)"
  }

  private func line(_ item: TraceTransactionBody) -> String {
    let result =
      item.result.map { "\($0)\(item.reason.map { " \($0)" } ?? "") by \(item.reportedBy ?? "?")" } ?? "no report yet"
    return "\(item.decidedAt ?? item.openedAt)  transaction \(item.uid): \(result)"
  }
}

extension StudySummaryBody {
  /// How many instances it tells of, and of what.
  fileprivate var title: String {
    let attributes = [
      modalities.isEmpty ? nil : modalities.joined(separator: "/"), studyDate.map { "study date \($0)" },
    ]
    let what = attributes.compactMap { $0 }.map { ", \($0)" }.joined()
    return "\(instances) instances whose records are gone, \(bytes) bytes\(what)"
  }
}

extension StudySummaryBody.Destination {
  /// What became of the deliveries.
  fileprivate var counts: String {
    let counts = ["\(delivered) delivered", committed > 0 ? "\(committed) committed" : nil]
    let rest = [failed > 0 ? "\(failed) failed" : nil, others > 0 ? "\(others) cancelled or waived" : nil]
    return (counts + rest).compactMap { $0 }.joined(separator: ", ")
  }
}
