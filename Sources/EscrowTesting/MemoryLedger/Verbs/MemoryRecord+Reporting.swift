import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/applyReport(_:from:policies:now:)``.
  package mutating func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) -> ReportResult {
    guard let index = commitmentOfUID[report.transactionUID] else { return .unknownTransaction }
    let destination = commitments[index].record.destination
    guard reporters.contains(destination) else { return .wrongReporter(destination) }
    let policy = policies[destination] ?? CommitmentPolicy()
    return .applied(apply(report, to: index, policy: policy, now: now))
  }

  private mutating func apply(
    _ report: CommitmentReport, to index: Int, policy: CommitmentPolicy, now: Timestamp
  ) -> ReportResult.Applied {
    let reported = ReportedReferences(report)
    let items = commitments[index].items
    var applied = ReportResult.Applied(destination: commitments[index].record.destination)
    var hasDecided = false
    for uid in reported.uids {
      guard let place = items.firstIndex(where: { $0.sop.instanceUID == uid }),
        items[place].isOpen(to: reported.failure(of: items[place].sop))
      else {
        applied.ignored += 1
        continue
      }
      hasDecided = true
      let failure = reported.failure(of: items[place].sop)
      commitments[index].items[place].decide(failure: failure, by: report.reportedBy, at: now)
      if let root = commitments[index].root {
        let failure = reported.failure(of: items[place].sop)
        let known = commitments[root].items.firstIndex { $0.sop.instanceUID == uid && $0.isOpen(to: failure) }
        if let known { commitments[root].items[known].decide(failure: failure, by: report.reportedBy, at: now) }
      }
      follow(items[place], of: index, failure: failure, policy: policy, now: now, counting: &applied)
    }
    let named = Set(reported.uids)
    applied.missing = items.count { $0.committed == nil && !named.contains($0.sop.instanceUID) }
    if hasDecided { answer(index, by: report.reportedBy, policy: policy, now: now) }
    return applied
  }

  /// Lets the delivery of an item follow what the report says of it.
  private mutating func follow(
    _ item: TransactionItem, of index: Int, failure: UInt16?, policy: CommitmentPolicy, now: Timestamp,
    counting applied: inout ReportResult.Applied
  ) {
    var isProved = failure == nil
    if let delivery = item.delivery, let row = rowOfDelivery[delivery] {
      var changed = consignments[row]
      let reference = AskedReference(
        delivery: delivery, attempt: item.attempt, transactionUID: item.uid, opening: commitments[index].number)
      if let failure {
        applied.resends += changed.refuse(reference, reason: failure, policy: policy, now: now) ? 1 : 0
      } else {
        isProved = changed.prove(reference, now: now)
      }
      save(changed, at: row)
    }
    applied.failed += failure == nil ? 0 : 1
    applied.proved += isProved ? 1 : 0
    applied.ignored += failure == nil && !isProved ? 1 : 0
  }

  private mutating func answer(_ index: Int, by reporter: String, policy: CommitmentPolicy, now: Timestamp) {
    conclude(index, by: reporter, now: now)
    if let root = commitments[index].root { conclude(root, by: reporter, now: now) }
    let record = commitments[index].complete
    tell(record.reportEvent(study: commitments[index].study, actor: reporter, now: now))
    reviewOverdue(record.destination, policy: policy, now: now)
  }

  /// As ``Ledger/expireReports(policies:now:)``.
  package mutating func expireReports(
    policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) -> [PeerName: Int] {
    let longest = policies.values.map(Waiting.longest(asking:)).max() ?? Waiting.longest
    var expired: [PeerName: Int] = [:]
    let due = records { $0.state == .requested && Waiting.isOver($0.notBefore, now: now, longest: longest) }
    for var delivery in due.map(\.delivery) where delivery.expireReport(now: now) {
      write(delivery)
      expired[delivery.destination, default: 0] += 1
    }
    for (destination, policy) in policies.sorted(by: { $0.key < $1.key }) {
      reviewOverdue(destination, policy: policy, now: now)
    }
    return expired
  }

  /// Opens the alarm when the oldest report is owed for too long, else ends it.
  private mutating func reviewOverdue(_ destination: PeerName, policy: CommitmentPolicy, now: Timestamp) {
    let owed = records {
      $0.destination == destination && $0.proof == .commitment && [.sent, .requested].contains($0.state)
    }
    if let oldest = owed.compactMap(\.delivery.firstAskedAt).min(), oldest + policy.alarmAfter <= now {
      raise(.overdue(destination, since: oldest, at: now), event: .overdue(destination, since: oldest, at: now))
    } else {
      clear(.commitmentOverdue, subject: destination.rawValue, event: nil)
    }
  }
}

extension TransactionItem {
  /// Whether a report's word on it counts: the first does, and a failure after a success.
  fileprivate func isOpen(to failure: UInt16?) -> Bool { committed == nil || committed == true && failure != nil }

  mutating func decide(failure: UInt16?, by reporter: String, at now: Timestamp) {
    committed = failure == nil
    reasonCode = failure
    reportedBy = reporter
    decidedAt = now
  }
}
