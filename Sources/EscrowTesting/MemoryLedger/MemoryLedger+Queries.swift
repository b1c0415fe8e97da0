package import DICOM
package import EscrowCore

/// The queries of ``LedgerReading``, which says what they mean.
extension MemoryLedger {
  package func status() async throws -> LedgerStatus { read { $0.status() } }

  package func instance(_ id: InstanceID) async throws -> Instance? { read { $0.instance(id) } }

  package func instances(_ filter: InstanceFilter, page: PageRequest) async throws -> Page<InstanceRecord> {
    try read { try $0.instances(filter, page: page) }
  }

  package func deliveries(_ filter: DeliveryFilter, page: PageRequest) async throws -> Page<DeliveryRecord> {
    try read { try $0.deliveries(filter, page: page) }
  }

  package func count(_ filter: DeliveryFilter) async throws -> Int { read { $0.count(filter) } }

  package func trace(_ uid: UID) async throws -> Trace { read { $0.trace(uid) } }

  package func transactions(_ filter: TransactionFilter, page: PageRequest) async throws -> Page<TransactionRecord> {
    try read { try $0.transactions(filter, page: page) }
  }

  package func transaction(_ uid: UID) async throws -> TransactionRecord? { read { $0.transaction(uid) } }

  package func alarms(of kinds: Set<AlarmKind>, limit: Int) async throws -> [Alarm] {
    read { $0.alarms(of: kinds, limit: limit) }
  }

  package func events(after sequence: Int64, limit: Int) async throws -> [RecordedEvent] {
    read { $0.events(after: sequence, limit: limit) }
  }

  package func lastEvent() async throws -> Int64 { read { $0.lastEvent() } }

  package func endpoints() async throws -> [EndpointStatus] { read { $0.endpoints() } }

  package func webhookLog(_ endpoint: String, page: PageRequest) async throws -> Page<WebhookLogEntry> {
    try read { try $0.webhookLog(endpoint, page: page) }
  }

  package func sources() async throws -> [SourceRecord] { read { $0.sources() } }

  package func openDestinations() async throws -> Set<PeerName> { read { $0.openDestinations() } }

  package func instances(after id: InstanceID, limit: Int) async throws -> [InstanceRecord] {
    read { $0.instances(after: id, limit: limit) }
  }

  package func files(after file: InstanceID?, ending: String, limit: Int) async throws -> [ExpectedFile] {
    read { $0.files(after: file, ending: ending, limit: limit) }
  }
}

/// The verbs of ``WebhookOutbox``, which says what they mean.
extension MemoryLedger {
  package func subscribe(_ endpoints: [EndpointSubscription], now: Timestamp) async throws {
    try perform { $0.subscribe(endpoints, now: now) }
  }

  package func dueWebhooks(_ endpoint: String, limit: Int, now: Timestamp) async throws -> WebhookBatch {
    read { $0.dueWebhooks(endpoint, limit: limit, now: now) }
  }

  package func recordWebhooks(_ tries: [WebhookTry], now: Timestamp) async throws {
    try perform { $0.recordWebhooks(tries, now: now) }
  }

  package func replayWebhooks(_ endpoint: String, messageIDs: Set<String>?, now: Timestamp) async throws -> Int {
    try perform { $0.replayWebhooks(endpoint, messageIDs: messageIDs, now: now) }
  }

  package func setEndpoint(_ endpoint: String, disabled reason: String?, now: Timestamp) async throws {
    try perform { $0.setEndpoint(endpoint, disabled: reason, now: now) }
  }
}
