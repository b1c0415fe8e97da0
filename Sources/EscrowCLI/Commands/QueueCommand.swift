import AdminAPI
import ArgumentParser

/// `escrow queue`.
struct QueueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "Look at what waits and change what happens to it.",
    discussion: """
      Deliveries: ls, retry, hold, release, cancel, waive. Instances: reroute, discard, resolve, confirm.
      What changes something shows first how many it would change; --yes does it, with --expect only to that many.

      Example:
        escrow queue ls --to archive
        escrow queue retry --to archive --state failed
        escrow queue retry --to archive --state failed --yes
      """,
    subcommands: [
      QueueList.self, QueueRetry.self, QueueHold.self, QueueRelease.self, QueueCancel.self, QueueWaive.self,
      QueueReroute.self, QueueDiscard.self, QueueResolve.self, QueueConfirm.self,
    ], defaultSubcommand: QueueList.self)
}

/// Which deliveries.
struct DeliverySelection: ParsableArguments {
  @Option(help: "Destinations, separated by commas.")
  var to: String?

  @Option(help: "States, separated by commas: queued, sending, sent, requested, delivered, failed, cancelled, ...")
  var state: String?

  @Option(help: "A Study Instance UID.")
  var study: String?

  @Option(help: "A SOP Instance UID.")
  var instance: String?

  @Option(help: "The number of one delivery, as `escrow queue ls` shows it; may be given more than once.")
  var id: [Int64] = []

  /// As the API's filter, in `states` when nothing else is said.
  ///
  /// - Parameter mustSelect: whether everything must be asked for explicitly, e.g. by `--state`.
  func filter(states: String, mustSelect: Bool = false) throws -> DeliveryFilterBody {
    if mustSelect, to == nil, state == nil, study == nil, instance == nil, id.isEmpty {
      throw Failure(.usage, "say which deliveries: --to, --state, --study, --instance or --id")
    }
    return DeliveryFilterBody(
      id: id.isEmpty ? nil : id, state: (state ?? states).listed, to: to?.listed, sopInstanceUID: instance,
      studyInstanceUID: study)
  }
}

/// Which instances.
struct InstanceSelection: ParsableArguments {
  @Option(help: "States, separated by commas: held, inTransit, settled, damaged, ...")
  var state: String?

  @Option(help: "A Study Instance UID.")
  var study: String?

  @Option(help: "A SOP Instance UID.")
  var instance: String?

  @Option(help: "Our own id of one instance, as `escrow trace` shows it; may be given more than once.")
  var id: [String] = []

  /// As the API's filter, in `states` when nothing else is said.
  ///
  /// - Parameter mustSelect: whether everything must be asked for explicitly, e.g. by `--state`.
  func filter(states: String, mustSelect: Bool = false) throws -> InstanceFilterBody {
    if mustSelect, state == nil, study == nil, instance == nil, id.isEmpty {
      throw Failure(.usage, "say which instances: --state, --study, --instance or --id")
    }
    return InstanceFilterBody(
      id: id.isEmpty ? nil : id, state: (state ?? states).listed, sopInstanceUID: instance, studyInstanceUID: study)
  }
}

extension String {
  /// What commas separate.
  var listed: [String] { split(separator: ",").map(String.init) }
}
