/// What `escrow queue` does to deliveries.
enum DeliveryVerbs {
  enum Retry: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "retry", path: "/api/v1/deliveries/retry", done: "queued again", states: "failed,cancelled",
      abstract: "Put failed or cancelled deliveries back into the queue, or let waiting ones try now.",
      note: """
        Without --state: those that failed or were cancelled. With --state queued: those that wait for a time after a \
        failure try now.
        """, example: "escrow queue retry --to archive --yes")
  }

  enum Hold: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "hold", path: "/api/v1/deliveries/hold", done: "held", states: "queued,sending,sent,requested",
      mustSelect: true, abstract: "Stop deliveries: neither sent nor asked for until released.",
      note: "A report that comes all the same still counts. Needs a --reason.",
      example: "escrow queue hold --study 1.2.3 --reason 'wrong patient' --yes")
  }

  enum Release: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "release", path: "/api/v1/deliveries/release", done: "released",
      states: "queued,sending,sent,requested,failed", abstract: "Let held deliveries go on.",
      note: "Without --state: all that have not ended well.", example: "escrow queue release --study 1.2.3 --yes")
  }

  enum Cancel: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "cancel", path: "/api/v1/deliveries/cancel", done: "cancelled",
      states: "queued,sending,sent,requested,failed", mustSelect: true,
      abstract: "Give deliveries up: they are not sent any more.",
      note: "The copy stays until the delivery is waived as well. Needs a --reason.",
      example: "escrow queue cancel --to research --reason 'project ended' --yes")
  }

  enum Waive: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "waive", path: "/api/v1/deliveries/waive", done: "waived", states: "failed,cancelled", mustSelect: true,
      abstract: "Let failed or cancelled deliveries no longer keep the copy here.",
      note: "The purge guard then asks only the other destinations. Needs a --reason.",
      example: "escrow queue waive --to research --reason 'not needed there' --yes")
  }

  enum Expedite: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "expedite", path: "/api/v1/deliveries/expedite", done: "moved to the front", states: "queued",
      mustSelect: true, abstract: "Move deliveries to the front of their queues, as for an emergency (STAT).",
      note: """
        They get priority high and go before everything that waits for the same destination, also before what was moved \
        earlier. What waits for a time after a failure is tried at once; a route's window still holds.
        """,
      example: "escrow queue expedite --study 1.2.3 --yes")
  }

  /// The one that `escrow commitments` has.
  enum AskAgain: BulkVerb {
    typealias Selection = DeliverySelection
    static let change = BulkChange(
      name: "ask-again", path: "/api/v1/commitments/ask-again", done: "asked for again", states: "sent,requested",
      abstract: "Ask a destination again at once: with new transactions, or by query.",
      note: """
        For deliveries that were sent and wait to be asked for, whose report is late, or whose request was refused. With \
        --state delivered: those that were found by query are asked for once more before their copy may go.
        """,
      example: "escrow commitments ask-again --to archive --yes")
  }
}

/// What `escrow queue` does to instances.
enum InstanceVerbs {
  enum Reroute: BulkVerb {
    typealias Selection = InstanceSelection
    static let change = BulkChange(
      name: "reroute", path: "/api/v1/instances/reroute", done: "rerouted", states: "held",
      abstract: "Ask the routes in force again, and send what they want now.", note: "Without --state: the held ones.",
      example: "escrow queue reroute --yes")
  }

  enum Discard: BulkVerb {
    typealias Selection = InstanceSelection
    static let change = BulkChange(
      name: "discard", path: "/api/v1/instances/discard", done: "discarded", states: "held,settled,damaged",
      mustSelect: true, abstract: "Delete copies without proof that they are safe elsewhere.",
      note: """
        The image is gone from here, whoever has it or not. What is on its way must be cancelled first. Needs a --reason.
        """,
      example: "escrow queue discard --instance 1.2.3.4 --reason 'test image' --yes")
  }

  enum Resolve: BulkVerb {
    typealias Selection = InstanceSelection
    static let change = BulkChange(
      name: "resolve", path: "/api/v1/instances/resolve", done: "resolved", states: "held,inTransit,settled,damaged",
      mustSelect: true, abstract: "Settle a conflict of contents, so that reports are believed again.",
      note: """
        Two contents came with one SOP Instance UID: look with `escrow trace` which are where. Needs a --reason.
        """,
      example: "escrow queue resolve --instance 1.2.3.4 --reason 'both are archived' --yes")
  }

  enum Confirm: BulkVerb {
    typealias Selection = InstanceSelection
    static let change = BulkChange(
      name: "confirm", path: "/api/v1/instances/confirm", done: "confirmed", states: "held,inTransit,settled,damaged",
      mustSelect: true, abstract: "Confirm instances that were rebuilt or restored, so that they may be purged.",
      note: "Needs a --reason.",
      example: "escrow queue confirm --study 1.2.3 --reason 'compared with the archive' --yes")
  }
}
