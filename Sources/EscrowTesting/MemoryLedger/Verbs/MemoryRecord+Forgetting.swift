import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/forget(_:from:limit:)``.
  package mutating func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) -> ForgettingStep {
    if openAlarms.keys.contains(where: { $0.kind == .clockJumped }) { return ForgettingStep(next: nil) }
    let next = position.stage.next
    switch position.stage {
    case .jobs: return ForgettingStep(next: next, others: forgetJobs(before: term.before))
    case .transactions: return forgetTransactions(before: term.before, from: position, limit: limit)
    case .instances: return forgetInstances(before: term.before, from: position, limit: limit)
    case .events: return forgetEvents(before: term.before, from: position, limit: limit)
    case .summaries: return ForgettingStep(next: next, others: forgetSummaries(before: term.summariesBefore))
    }
  }

  private mutating func forgetJobs(before: Timestamp) -> Int {
    let isDue = { (job: Job) in
      job.createdAt < before && job.state.hasEnded && job.completedAt.map { $0 < before } ?? false
    }
    let jobs = (inquiries.map(\.record.job) + stores.map(\.record.job)).filter(isDue)
    let due = Set(jobs.map(\.id))
    inquiries.removeAll { due.contains($0.record.job.id) }
    stores.removeAll { due.contains($0.record.job.id) }
    for index in jobOrder.indices.filter({ due.contains(jobOrder[$0]) }) { jobOrder.remove(at: index) }
    carryOut(Set(jobs.map(\.peer)).sorted().map { .review(.reportUndelivered, subject: $0.rawValue) })
    return due.count
  }

  private mutating func forgetTransactions(
    before: Timestamp, from position: RecordPosition, limit: Int
  ) -> ForgettingStep {
    let seen = commitments.indices.filter { Int64($0) + 1 > position.number }.prefix(limit)
    let isOld = seen.contains { commitments[$0].record.openedAt < before }
    let due = seen.filter { isForgettable(transaction: $0, before: before) }
    for index in due {
      for further in commitments.indices.filter({ commitments[$0].root == index }) { removeTransaction(further) }
      removeTransaction(index)
    }
    return step(of: .transactions, seen: Array(seen), isOld: isOld, limit: limit, forgotten: due.count)
  }

  private func isForgettable(transaction index: Int, before: Timestamp) -> Bool {
    let commitment = commitments[index]
    let record = commitment.record
    return record.manual && commitment.root == nil && record.nextAskAt == nil && record.openedAt < before
      && record.answeredAt.map { $0 < before } ?? true
      && !commitments.contains { $0.root == index && $0.record.openedAt >= before }
      && !commitment.items.contains { rowsOfSOPInstance[$0.sop.instanceUID] != nil }
  }

  /// What a step did that saw the rows with these indexes; behind one without an old row there is none.
  private func step(
    of stage: RecordStage, seen: [Int], isOld: Bool, limit: Int, forgotten: Int
  ) -> ForgettingStep {
    let isOver = !isOld || seen.count < limit
    let last = seen.last.map { RecordPosition(stage, number: Int64($0) + 1) }
    return ForgettingStep(next: isOver ? stage.next : last, others: forgotten)
  }

  private mutating func removeTransaction(_ index: Int) {
    commitmentOfUID[commitments[index].record.uid] = nil
    commitments.remove(at: index)
  }

  // MARK: Instances

  private mutating func forgetInstances(
    before: Timestamp, from position: RecordPosition, limit: Int
  ) -> ForgettingStep {
    guard !inquiries.contains(where: { !$0.record.job.state.hasEnded && $0.isUnread }) else {
      return ForgettingStep(next: position.stage.next)
    }
    let gone = consignments.indices.compactMap { row in
      consignments[row].instance.goneAt.map { (time: $0.microseconds, number: Int64(row) + 1) }
    }
    let later = gone.filter {
      $0.time < before.microseconds && ($0.time, $0.number) > (position.time, position.number)
    }
    let seen = later.sorted { ($0.time, $0.number) < ($1.time, $1.number) }.prefix(limit)
    let due = seen.map { Int($0.number) - 1 }.filter { isForgettable($0, before: before) }
    let failing = Set(due.flatMap { consignments[$0].deliveries.filter { $0.state == .failed }.map(\.destination) })
    for row in due { forget(row) }
    carryOut(failing.sorted().map { .review(.deliveryFailed, subject: $0.rawValue) })
    let last = seen.last.map { RecordPosition(.instances, time: $0.time, number: $0.number) }
    return ForgettingStep(next: seen.count < limit ? position.stage.next : last, instances: due.count)
  }

  private func isForgettable(_ row: Int, before: Timestamp) -> Bool {
    let instance = consignments[row].instance
    let uid = instance.sop.instanceUID
    let wave = waves[waveOfRow[row]]
    return consignments[row].isForgettable(before: before) && legalHold(of: instance) == nil && !wave.wave.isOpen
      && !wave.isChanged
      && !inquiries.contains { inquiry in
        !inquiry.record.job.state.hasEnded && inquiry.references.contains { $0.sop.instanceUID == uid }
      }
      && !stores.contains { $0.items.contains { $0.row == row } }
      && !commitments.contains { commitment in
        commitment.record.manual && commitment.record.nextAskAt != nil
          && commitment.items.contains { $0.sop.instanceUID == uid }
      }
      && !history.contains { recorded in
        recorded.event.instance == instance.id
          && (recorded.event.at >= before || recorded.sequence == lastEvent() || isToBeTold(recorded.sequence))
      }
  }

  private func isToBeTold(_ sequence: Int64) -> Bool {
    outbox.contains { $0.event == sequence && $0.state == .pending }
  }

  private mutating func forget(_ row: Int) {
    let consignment = consignments[row]
    let deliveries = Set(consignment.deliveries.map(\.id))
    summarize(consignment)
    for index in commitments.indices { forget(deliveries, in: index) }
    for other in consignments.indices {
      for place in consignments[other].deliveries.indices {
        guard let behind = consignments[other].deliveries[place].behind, deliveries.contains(behind) else { continue }
        consignments[other].deliveries[place].behind = nil
      }
    }
    for delivery in deliveries { (attempts[delivery], rowOfDelivery[delivery]) = (nil, nil) }
    removeEvents(history.indices.filter { history[$0].event.instance == consignment.instance.id })
    rowOfInstance[consignment.instance.id] = nil
    let uid = consignment.instance.sop.instanceUID
    rowsOfSOPInstance[uid]?.removeAll { $0 == row }
    if rowsOfSOPInstance[uid] == [] { rowsOfSOPInstance[uid] = nil }
    consignments.remove(at: row)
  }

  private mutating func summarize(_ consignment: Consignment) {
    let items = commitments.flatMap(\.items)
    var summary = summaries[consignment.studyKey] ?? StudySummary(of: consignment)
    summary.add(consignment, items: items)
    summaries[consignment.studyKey] = summary
  }

  /// Lets a transaction do without deliveries; it goes when it has none left.
  private mutating func forget(_ deliveries: Set<DeliveryID>, in index: Int) {
    var isTouched = false
    for place in commitments[index].items.indices {
      guard let delivery = commitments[index].items[place].delivery, deliveries.contains(delivery) else { continue }
      commitments[index].items[place].delivery = nil
      isTouched = true
    }
    if isTouched, commitments[index].items.allSatisfy({ $0.delivery == nil }) { removeTransaction(index) }
  }

  // MARK: Events and summaries

  private mutating func forgetEvents(
    before: Timestamp, from position: RecordPosition, limit: Int
  ) -> ForgettingStep {
    let studies = Set(consignments.compactMap(\.instance.attributes.studyInstanceUID))
    let seen = history.indices.filter { history[$0].sequence > position.number }.prefix(limit)
    let isOld = seen.contains { history[$0].event.at < before }
    let due = seen.filter { index in
      let event = history[index].event
      return event.at < before && history[index].sequence < lastEvent() && !isToBeTold(history[index].sequence)
        && event.instance.map { rowOfInstance[$0] == nil } ?? true
        && event.sopInstanceUID.map { rowsOfSOPInstance[$0] == nil } ?? true
        && event.studyInstanceUID.map { !studies.contains($0) } ?? true
    }
    removeEvents(due)
    return step(of: .events, seen: Array(seen), isOld: isOld, limit: limit, forgotten: due.count)
  }

  private mutating func removeEvents(_ due: some Sequence<Int>) {
    for index in due {
      let sequence = history[index].sequence
      for message in outbox.indices.filter({ outbox[$0].event == sequence }) { outbox.remove(at: message) }
      history.remove(at: index)
    }
  }

  private mutating func forgetSummaries(before: Timestamp) -> Int {
    let due = summaries.values.filter { summary in
      summary.lastGone < before && !legalHolds.contains { $0.subject.covers(summary) }
    }
    for summary in due { summaries[summary.key] = nil }
    return due.count
  }
}

extension LegalHold.Subject {
  fileprivate func covers(_ summary: StudySummary) -> Bool {
    covers(
      InstanceAttributes(
        patientID: summary.patientID, issuerOfPatientID: summary.issuerOfPatientID, studyInstanceUID: summary.key))
  }
}
