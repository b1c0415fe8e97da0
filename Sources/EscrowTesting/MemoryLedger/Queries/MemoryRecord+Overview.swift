package import EscrowCore

extension MemoryRecord {
  /// As ``LedgerReading/status()``.
  package func status() -> LedgerStatus {
    var status = LedgerStatus()
    for instance in consignments.map(\.instance) {
      status.instances[instance.state, default: 0] += 1
      if ![.purged, .discarded].contains(instance.state) { status.bytes += instance.dataSetLength }
    }
    let deliveries = records { _ in true }
    for record in deliveries { status.count(1, of: record.delivery.state, at: record.delivery.destination) }
    for destination in status.backlogs.keys {
      status.backlogs[destination]?.oldest =
        deliveries.first { $0.delivery.destination == destination && !$0.delivery.state.isTerminal }?.receivedAt
    }
    return status
  }

  /// As ``LedgerReading/sources()``.
  package func sources() -> [SourceRecord] {
    var found: [PeerName: SourceRecord] = [:]
    for instance in consignments.map(\.instance) {
      guard let peer = instance.source.peer else { continue }
      var record = found[peer] ?? SourceRecord(peer, lastReceived: instance.receivedAt)
      record.lastReceived = max(record.lastReceived, instance.receivedAt)
      if ![.purged, .discarded].contains(instance.state) {
        record.copies += 1
        record.bytes += instance.dataSetLength
      }
      found[peer] = record
    }
    return found.values.sorted { $0.peer < $1.peer }
  }

  /// As ``LedgerReading/openDestinations()``.
  package func openDestinations() -> Set<PeerName> {
    Set(records { !$0.state.isTerminal }.map(\.delivery.destination))
  }
}
