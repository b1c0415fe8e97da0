import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``LedgerReading/instance(_:)``.
  package func instance(_ id: InstanceID) -> Instance? { rowOfInstance[id].map { consignments[$0].instance } }

  /// As ``LedgerReading/instances(_:page:)``.
  package func instances(_ filter: InstanceFilter, page: PageRequest) throws -> Page<InstanceRecord> {
    let position = try page.position() ?? 0
    let found = rows { filter.matches($0.instance) }.filter { Int64($0.row) + 1 > position }
    return Page(Array(found.prefix(page.limit + 1)), limit: page.limit, position: { Int64($0.row) + 1 }) {
      InstanceRecord(instance: $0.consignment.instance, deliveries: $0.consignment.deliveries)
    }
  }

  /// As ``LedgerReading/instances(after:limit:)``.
  package func instances(after id: InstanceID, limit: Int) -> [InstanceRecord] {
    consignments.filter { $0.instance.id > id }.sorted { $0.instance.id < $1.instance.id }.prefix(limit).map {
      InstanceRecord(instance: $0.instance, deliveries: $0.deliveries)
    }
  }

  /// As ``LedgerReading/deliveries(_:page:)``.
  package func deliveries(_ filter: DeliveryFilter, page: PageRequest) throws -> Page<DeliveryRecord> {
    let position = try page.position() ?? 0
    let found = records(filter).filter { $0.delivery.id.rawValue > position }
    return Page(
      Array(found.prefix(page.limit + 1)), limit: page.limit, position: { $0.delivery.id.rawValue }, item: { $0 })
  }

  /// As ``LedgerReading/count(_:)``.
  package func count(_ filter: DeliveryFilter) -> Int { records(filter).count }

  /// The deliveries that `filter` means, in the order of their admission.
  func records(_ filter: DeliveryFilter) -> [DeliveryRecord] {
    consignments.flatMap { consignment in
      consignment.deliveries.filter { filter.matches($0, of: consignment.instance) }
        .map { DeliveryRecord($0, of: consignment.instance) }
    }.sorted { $0.delivery.id < $1.delivery.id }
  }

  /// As ``LedgerReading/files(after:ending:limit:)``.
  package func files(after file: InstanceID?, ending: String, limit: Int) -> [ExpectedFile] {
    let kept = consignments.map(\.instance).filter {
      ![.purged, .discarded].contains($0.state) && (ending.isEmpty || $0.file.rawValue.hasSuffix(ending))
    }
    let later = kept.filter { $0.file.rawValue > (file?.rawValue ?? "") }.sorted { $0.file < $1.file }
    return later.prefix(limit).map {
      ExpectedFile(
        instance: $0.id, file: $0.file, state: $0.state, dataSetLength: $0.dataSetLength, digest: $0.digest)
    }
  }

  /// As ``LedgerReading/events(after:limit:)``.
  package func events(after sequence: Int64, limit: Int) -> [RecordedEvent] {
    Array(history.filter { $0.sequence > sequence }.prefix(limit))
  }

  /// As ``LedgerReading/lastEvent()``.
  package func lastEvent() -> Int64 { history.last?.sequence ?? 0 }

  /// As ``LedgerReading/alarms()``.
  package func alarms() -> [Alarm] { openAlarms.values.sorted() }

  /// As ``LedgerReading/alarms(of:limit:)``.
  package func alarms(of kinds: Set<AlarmKind>, limit: Int) -> [Alarm] {
    kinds.flatMap { kind in
      openAlarms.values.filter { $0.kind == kind }.sorted { $0.subject < $1.subject }.prefix(limit)
    }.sorted()
  }
}
