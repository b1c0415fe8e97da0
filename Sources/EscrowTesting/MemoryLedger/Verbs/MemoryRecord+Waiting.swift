package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/putBackWaits(by:now:)``.
  package mutating func putBackWaits(by step: Duration, now: Timestamp) {
    func putBack(_ time: Timestamp?) -> Timestamp? { time.map { $0 > now ? $0 - step : $0 } }
    for row in consignments.indices {
      for var delivery in consignments[row].deliveries where delivery.notBefore != nil {
        delivery.notBefore = putBack(delivery.notBefore)
        write(delivery)
      }
    }
    for index in inquiries.indices {
      inquiries[index].record.job.nextAt = putBack(inquiries[index].record.job.nextAt)
    }
    for index in stores.indices { stores[index].record.job.nextAt = putBack(stores[index].record.job.nextAt) }
    for index in outbox.indices { outbox[index].nextAt = putBack(outbox[index].nextAt) }
  }
}
