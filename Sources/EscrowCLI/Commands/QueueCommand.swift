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
      QueueList.self, BulkCommand<DeliveryVerbs.Retry>.self, BulkCommand<DeliveryVerbs.Hold>.self,
      BulkCommand<DeliveryVerbs.Release>.self, BulkCommand<DeliveryVerbs.Cancel>.self,
      BulkCommand<DeliveryVerbs.Waive>.self, BulkCommand<DeliveryVerbs.Expedite>.self,
      BulkCommand<InstanceVerbs.Reroute>.self,
      BulkCommand<InstanceVerbs.Discard>.self, BulkCommand<InstanceVerbs.Resolve>.self,
      BulkCommand<InstanceVerbs.Confirm>.self,
    ], defaultSubcommand: QueueList.self)
}

/// Which deliveries.
struct DeliverySelection: BulkSelection {
  static let noun = "deliveries"

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

  @OptionGroup var traits: DeliveryTraits

  /// Whether nothing but states is said.
  var isEverything: Bool { to == nil && study == nil && instance == nil && id.isEmpty && traits.isEmpty }

  func filter(states: String, mustSelect: Bool) throws -> DeliveryFilterBody {
    if mustSelect, isEverything, state == nil {
      throw Failure(.usage, "say which deliveries: --to, --state, --study, --instance, --id, or another condition")
    }
    var filter = DeliveryFilterBody(
      id: id.isEmpty ? nil : id, state: (state ?? states).listed, to: to?.listed, sopInstanceUID: instance,
      studyInstanceUID: study)
    try traits.add(to: &filter)
    return filter
  }
}

/// Which instances.
struct InstanceSelection: BulkSelection {
  static let noun = "instances"

  @Option(help: "States, separated by commas: held, inTransit, settled, damaged, ...")
  var state: String?

  @Option(help: "A Study Instance UID.")
  var study: String?

  @Option(help: "A SOP Instance UID.")
  var instance: String?

  @Option(help: "Our own id of one instance, as `escrow trace` shows it; may be given more than once.")
  var id: [String] = []

  @OptionGroup var traits: InstanceTraits

  func filter(states: String, mustSelect: Bool) throws -> InstanceFilterBody {
    if mustSelect, state == nil, study == nil, instance == nil, id.isEmpty, traits.isEmpty {
      throw Failure(.usage, "say which instances: --state, --study, --instance, --id, or another condition")
    }
    var filter = InstanceFilterBody(
      id: id.isEmpty ? nil : id, state: (state ?? states).listed, sopInstanceUID: instance, studyInstanceUID: study)
    traits.add(to: &filter)
    return filter
  }
}

extension String {
  /// What commas separate.
  var listed: [String] { split(separator: ",").map(String.init) }
}
