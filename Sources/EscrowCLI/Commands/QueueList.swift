import AdminAPI
import ArgumentParser

/// `escrow queue ls`.
struct QueueList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List what waits, with the reason, the last error and the next time.",
    discussion: "Example:\n  escrow queue ls --to archive --state queued,failed")

  @OptionGroup var selection: DeliverySelection
  @OptionGroup var options: ClientOptions

  @Option(help: "At most this many.")
  var limit = 100

  func run() throws {
    let client = try options.client()
    let filter = try selection.filter(states: "queued,sending,sent,requested,failed", mustSelect: false)
    let page = try client.get(
      ListBody<QueueBody>.self, "/api/v1/deliveries?\(filter.query)&limit=\(limit)", json: options.json)
    if options.json { return }
    let held = try heldInstances(client)
    if page.items.isEmpty, held.items.isEmpty { return print(isFiltered ? "nothing matches" : "nothing waits") }
    if !page.items.isEmpty { show(page) }
    if !held.items.isEmpty { show(held: held) }
  }

  private var isFiltered: Bool {
    asksForDeliveries || selection.study != nil || selection.instance != nil
  }

  private var asksForDeliveries: Bool {
    selection.to != nil || selection.state != nil || !selection.id.isEmpty || !selection.traits.isEmpty
  }

  /// Instances that no delivery speaks of: held, or damaged. None when deliveries were asked for.
  private func heldInstances(_ client: EscrowClient) throws -> ListBody<InstanceBody> {
    guard !asksForDeliveries else { return ListBody(items: [], next: nil) }
    var path = "/api/v1/instances?state=held,damaged&limit=\(limit)"
    if let study = selection.study { path += "&studyInstanceUID=\(study.urlEscaped)" }
    if let instance = selection.instance { path += "&sopInstanceUID=\(instance.urlEscaped)" }
    return try client.get(ListBody<InstanceBody>.self, path, json: false)
  }

  private func show(_ page: ListBody<QueueBody>) {
    var table = TextTable("ID", "TO", "STATE", "PROOF", "TRIES", "NEXT", "SOP INSTANCE UID", "REASON")
    for item in page.items {
      let delivery = item.delivery
      table.add(
        "\(delivery.id)", delivery.to, delivery.state, delivery.proof, "\(delivery.attempts)",
        delivery.notBefore ?? "-", item.sopInstanceUID, delivery.explanation ?? "-")
    }
    table.write()
    if page.next != nil { print("... and more; narrow the filter or raise --limit") }
  }

  private func show(held: ListBody<InstanceBody>) {
    print("\nInstances that are held or damaged (`escrow queue reroute`, `escrow queue discard`):")
    var table = TextTable("ID", "STATE", "FROM", "RECEIVED", "SOP INSTANCE UID", "REASON")
    for item in held.items {
      table.add(item.id, item.state, item.callingAE, item.receivedAt, item.sopInstanceUID, item.reason ?? "-")
    }
    table.write()
    if held.next != nil { print("... and more; raise --limit") }
  }
}

extension DeliveryBody {
  /// Why it is as it is: who holds it, its reason, the last error; nil when there is nothing to say.
  var explanation: String? {
    let all = [hold.map { "held by \($0.by): \($0.reason)" }, reason, lastError].compactMap { $0 }
    return all.isEmpty ? nil : all.joined(separator: "; ")
  }
}
