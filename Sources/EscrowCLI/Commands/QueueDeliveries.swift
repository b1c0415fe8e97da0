import ArgumentParser

/// `escrow queue retry`.
struct QueueRetry: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Put failed or cancelled deliveries back into the queue, and let waiting ones try now.",
    discussion: """
      Without --state: those that failed or were cancelled.
      Shows what it would do; --yes does it.

      Example:
        escrow queue retry --to archive --yes
      """)

  @OptionGroup var selection: DeliverySelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/deliveries/retry", noun: "deliveries", done: "queued again", bulk: bulk, client: options)
    try change.run(selection.filter(states: "failed,cancelled"))
  }
}

/// `escrow queue hold`.
struct QueueHold: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Stop deliveries: neither sent nor asked for until released.",
    discussion: """
      A report that comes all the same still counts. Needs a --reason.
      Shows what it would do; --yes does it.

      Example:
        escrow queue hold --study 1.2.3 --reason 'wrong patient' --yes
      """)

  @OptionGroup var selection: DeliverySelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/deliveries/hold", noun: "deliveries", done: "held", bulk: bulk, client: options)
    try change.run(selection.filter(states: "queued,sending,sent,requested", mustSelect: true))
  }
}

/// `escrow queue release`.
struct QueueRelease: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Let held deliveries go on.",
    discussion: """
      Without --state: all that have not ended well.
      Shows what it would do; --yes does it.

      Example:
        escrow queue release --study 1.2.3 --yes
      """)

  @OptionGroup var selection: DeliverySelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/deliveries/release", noun: "deliveries", done: "released", bulk: bulk, client: options)
    try change.run(selection.filter(states: "queued,sending,sent,requested,failed"))
  }
}

/// `escrow queue cancel`.
struct QueueCancel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Give deliveries up: they are not sent any more.",
    discussion: """
      The copy stays until the delivery is waived as well. Needs a --reason.
      Shows what it would do; --yes does it.

      Example:
        escrow queue cancel --to research --reason 'project ended' --yes
      """)

  @OptionGroup var selection: DeliverySelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/deliveries/cancel", noun: "deliveries", done: "cancelled", bulk: bulk, client: options)
    try change.run(selection.filter(states: "queued,sending,sent,requested,failed", mustSelect: true))
  }
}

/// `escrow queue waive`.
struct QueueWaive: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waive", abstract: "Let failed or cancelled deliveries no longer keep the copy here.",
    discussion: """
      The purge guard then asks only the other destinations. Needs a --reason.
      Shows what it would do; --yes does it.

      Example:
        escrow queue waive --to research --reason 'not needed there' --yes
      """)

  @OptionGroup var selection: DeliverySelection
  @OptionGroup var bulk: BulkOptions
  @OptionGroup var options: ClientOptions

  func run() throws {
    let change = BulkChange(
      path: "/api/v1/deliveries/waive", noun: "deliveries", done: "waived", bulk: bulk, client: options)
    try change.run(selection.filter(states: "failed,cancelled", mustSelect: true))
  }
}
