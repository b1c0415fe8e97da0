import ArgumentParser

/// `escrow queue reroute`.
struct QueueReroute: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reroute", abstract: "Ask the routes in force again, and send what they want now.",
    discussion: """
      Without --state: the held ones.
      Shows what it would do; --yes does it.

      Example:
        escrow queue reroute --yes
      """)

  @OptionGroup var selection: InstanceSelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/instances/reroute", noun: "instances", done: "rerouted", bulk: bulk, client: options)
    try change.run(selection.filter(states: "held"))
  }
}

/// `escrow queue discard`.
struct QueueDiscard: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard", abstract: "Delete copies without proof that they are safe elsewhere.",
    discussion: """
      The image is gone from here, whoever has it or not. What is on its way must be cancelled first. Needs a --reason.
      Shows what it would do; --yes does it.

      Example:
        escrow queue discard --instance 1.2.3.4 --reason 'test image' --yes
      """)

  @OptionGroup var selection: InstanceSelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/instances/discard", noun: "instances", done: "discarded", bulk: bulk, client: options)
    try change.run(selection.filter(states: "held,settled,damaged", mustSelect: true))
  }
}

/// `escrow queue resolve`.
struct QueueResolve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Settle a conflict of contents, so that reports are believed again.",
    discussion: """
      Two contents came with one SOP Instance UID: look with `escrow trace` which are where. Needs a --reason.
      Shows what it would do; --yes does it.

      Example:
        escrow queue resolve --instance 1.2.3.4 --reason 'both are archived' --yes
      """)

  @OptionGroup var selection: InstanceSelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/instances/resolve", noun: "instances", done: "resolved", bulk: bulk, client: options)
    try change.run(selection.filter(states: "held,inTransit,settled,damaged", mustSelect: true))
  }
}

/// `escrow queue confirm`.
struct QueueConfirm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm", abstract: "Confirm instances that were rebuilt from the spool, so that they may be purged.",
    discussion: """
      Needs a --reason.
      Shows what it would do; --yes does it.

      Example:
        escrow queue confirm --study 1.2.3 --reason 'compared with the archive' --yes
      """)

  @OptionGroup var selection: InstanceSelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/instances/confirm", noun: "instances", done: "confirmed", bulk: bulk, client: options)
    try change.run(selection.filter(states: "held,inTransit,settled,damaged", mustSelect: true))
  }
}
