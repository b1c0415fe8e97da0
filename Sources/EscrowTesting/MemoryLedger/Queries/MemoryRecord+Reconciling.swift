import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``OperationsLedger/tallies(from:to:of:)``.
  package func tallies(from start: Timestamp, to end: Timestamp, of peer: PeerName?) -> [SourceTally] {
    var tallies: [SourceTally] = []
    for consignment in consignments {
      let instance = consignment.instance
      guard instance.receivedAt >= start, instance.receivedAt < end, peer == nil || peer == instance.source.peer
      else { continue }
      let index = tallies.firstIndex {
        $0.callingAE == instance.source.callingAE && $0.peer == instance.source.peer
      }
      if index == nil { tallies.append(SourceTally(callingAE: instance.source.callingAE, peer: instance.source.peer)) }
      tallies[index ?? tallies.count - 1].add(instance, consignment.standing)
    }
    return tallies.sorted {
      ($0.callingAE.rawValue, $0.peer?.rawValue ?? "") < ($1.callingAE.rawValue, $1.peer?.rawValue ?? "")
    }
  }

  /// As ``OperationsLedger/missing(askedFrom:to:by:limit:)``.
  package func missing(
    askedFrom start: Timestamp, to end: Timestamp, by peer: PeerName?, limit: Int
  ) -> [MissingInstance] {
    let asked = inquiries.filter {
      let job = $0.record.job
      return job.createdAt >= start && job.createdAt < end && (peer == nil || peer == job.peer)
    }
    let missing = asked.sorted { $0.record.job.createdAt < $1.record.job.createdAt }.flatMap { inquiry in
      inquiry.references.prefix(inquiry.read).filter { rowsOfSOPInstance[$0.sop.instanceUID] == nil }.map {
        MissingInstance(
          peer: inquiry.record.job.peer, transactionUID: inquiry.record.transactionUID,
          askedAt: inquiry.record.job.createdAt, sop: $0.sop)
      }
    }
    return Array(missing.prefix(limit))
  }
}
