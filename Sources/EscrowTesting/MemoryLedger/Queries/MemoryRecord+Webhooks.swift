package import EscrowCore

extension MemoryRecord {
  /// As ``WebhookOutbox/dueWebhooks(_:limit:now:)``.
  package func dueWebhooks(_ endpoint: String, limit: Int, now: Timestamp) -> WebhookBatch {
    let waiting = outbox.filter { $0.endpoint == endpoint && $0.state == .pending }
      .sorted { ($0.nextAt ?? now, $0.id) < ($1.nextAt ?? now, $1.id) }
    let past = waiting.filter { ($0.nextAt ?? now) <= now }
    let beyond = waiting.filter { ($0.nextAt ?? now) > now && Waiting.isOver($0.nextAt, now: now) }
    let tasks = (past + beyond).prefix(limit).sorted { $0.id < $1.id }.map(task)
    if past.count + beyond.count > limit { return WebhookBatch(tasks: tasks, nextDue: now) }
    let next = waiting.compactMap(\.nextAt).filter { $0 > now }.min()
    return WebhookBatch(tasks: tasks, nextDue: next.flatMap { Waiting.isOver($0, now: now) ? nil : $0 })
  }

  private func task(_ message: MemoryMessage) -> WebhookTask {
    let event = history[Int(message.event) - 1]
    return WebhookTask(
      id: message.id, messageID: message.messageID, endpoint: message.endpoint, event: event, tries: message.tries,
      firstTryAt: message.firstTryAt, patientID: patientID(of: event.event))
  }

  private func patientID(of event: EscrowEvent) -> String? {
    if let id = event.instance, let instance = instance(id) { return instance.attributes.patientID }
    guard let study = event.studyInstanceUID else { return nil }
    return consignments.first { $0.instance.attributes.studyInstanceUID == study }?.instance.attributes.patientID
  }

  /// As ``LedgerReading/endpoints()``.
  package func endpoints() -> [EndpointStatus] {
    knownEndpoints.values.sorted { $0.name < $1.name }.map { known in
      var status = known
      status.pending = outbox.count { $0.endpoint == known.name && $0.state == .pending }
      status.deadLettered = outbox.count { $0.endpoint == known.name && $0.state == .deadLettered }
      return status
    }
  }

  /// As ``LedgerReading/webhookLog(_:page:)``.
  package func webhookLog(_ endpoint: String, page: PageRequest) throws -> Page<WebhookLogEntry> {
    let position = try page.position() ?? .max
    let found = outbox.reversed().filter { $0.endpoint == endpoint && $0.id < position }
    return Page(Array(found.prefix(page.limit + 1)), limit: page.limit, position: \.id) { message in
      WebhookLogEntry(
        messageID: message.messageID, kind: history[Int(message.event) - 1].event.kind, state: message.state,
        tries: message.tries, lastStatus: message.lastStatus, lastError: message.lastError, lastAt: message.lastAt,
        nextAt: message.nextAt)
    }
  }
}
