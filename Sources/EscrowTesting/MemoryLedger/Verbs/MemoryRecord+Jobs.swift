package import DICOM
package import EscrowCore

extension MemoryRecord {
  private func index(_ job: JobID) -> Int? { inquiries.firstIndex { $0.record.job.id == job } }

  /// As ``JobLedger/sealReport(_:now:)``.
  package mutating func sealReport(_ job: JobID, now: Timestamp) -> InquiryReport? {
    guard let index = index(job) else { return nil }
    let inquiry = inquiries[index]
    guard inquiry.record.job.state.isActive, inquiry.record.job.done == inquiry.record.job.total,
      inquiry.record.sealedAt != nil || !inquiry.references.contains(where: \.isTouched)
    else { return nil }
    inquiries[index].record.job.move(.started, now: now)
    inquiries[index].record.sealedAt = inquiry.record.sealedAt ?? now
    return InquiryReport(
      job: job, transactionUID: inquiry.record.transactionUID, peer: inquiry.record.job.peer,
      callingAE: inquiry.record.callingAE, calledAE: inquiry.record.calledAE,
      committed: inquiry.references.filter { $0.reason == 0 }.map(\.sop),
      failed: inquiry.references.filter { $0.reason != 0 }.map { FailedReference(sop: $0.sop, reason: $0.reason ?? 0) })
  }

  /// As ``JobLedger/recordReporting(_:_:givingUp:now:)``.
  package mutating func recordReporting(
    _ job: JobID, _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) {
    guard let index = index(job) else { return }
    if let event = inquiries[index].record.told(result, givingUp: givingUp, now: now) { tell(event) }
    carryOut([.review(.reportUndelivered, subject: inquiries[index].record.job.peer.rawValue)])
  }

  /// As ``JobLedger/postponeReports(to:message:retryAt:givingUp:now:)``.
  package mutating func postponeReports(
    to peer: PeerName, message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp
  ) -> Timestamp? {
    let due = inquiries.indices.filter { index in
      let job = inquiries[index].record.job
      return job.peer == peer && job.isDue(at: now) && job.stage == .reporting
    }
    for index in due {
      inquiries[index].record.job.postpone(message, retryAt: retryAt, givingUp: givingUp, now: now)
    }
    carryOut([.review(.reportUndelivered, subject: peer.rawValue)])
    return due.compactMap { inquiries[$0].record.job.troubledSince }.min()
  }

  /// As ``JobLedger/change(_:_:actor:now:)``.
  package mutating func change(_ job: JobID, _ verb: JobVerb, actor: String, now: Timestamp) -> Bool? {
    guard let before = self.job(job) else { return nil }
    var changed = before
    guard changed.apply(verb, now: now) else { return false }
    guard changed != before else { return true }
    write(changed)
    follow(verb, of: job, now: now)
    if verb == .resubmit, let index = index(job) { inquiries[index].record.startAnew(now: now) }
    tell(changed.changed(verb.rawValue, by: actor, now: now))
    carryOut([.review(.reportUndelivered, subject: before.peer.rawValue)])
    return true
  }

  /// As ``JobLedger/deleteJob(_:actor:now:)``.
  package mutating func deleteJob(_ job: JobID, actor: String, now: Timestamp) -> Bool? {
    guard let known = self.job(job) else { return nil }
    guard known.state.hasEnded else { return false }
    if let index = index(job) { inquiries[index].isDeleted = true }
    if let index = stores.firstIndex(where: { $0.record.job.id == job }) { stores[index].isDeleted = true }
    tell(known.changed("delete", by: actor, now: now))
    carryOut([.review(.reportUndelivered, subject: known.peer.rawValue)])
    return true
  }

  private mutating func write(_ job: Job) {
    if let index = index(job.id) { inquiries[index].record.job = job }
    if let index = stores.firstIndex(where: { $0.record.job.id == job.id }) { stores[index].record.job = job }
  }

  /// All jobs in the order of submission, also deleted ones.
  private var allJobs: [(number: Int64, job: Job, isDeleted: Bool)] {
    let known = Dictionary(
      uniqueKeysWithValues: inquiries.map { ($0.record.job.id, (job: $0.record.job, isDeleted: $0.isDeleted)) }
        + stores.map { ($0.record.job.id, (job: $0.record.job, isDeleted: $0.isDeleted)) })
    return jobOrder.indices.compactMap { index in
      known[jobOrder[index]].map { (number: Int64(index) + 1, job: $0.job, isDeleted: $0.isDeleted) }
    }
  }

  /// As ``JobLedger/dueJobs(_:of:limit:now:)``, and the queries that follow as theirs.
  package func dueJobs(_ stage: JobStage, of peer: PeerName?, limit: Int, now: Timestamp) -> [Job] {
    let due = allJobs.map(\.job).enumerated().filter {
      $0.element.stage == stage && $0.element.isDue(at: now) && (peer == nil || $0.element.peer == peer)
    }
    return due.sorted { (-$0.element.priority, $0.offset) < (-$1.element.priority, $1.offset) }.prefix(limit)
      .map(\.element)
  }

  package func duePeers(_ stage: JobStage, now: Timestamp) -> Set<PeerName> {
    Set(dueJobs(stage, of: nil, limit: .max, now: now).map(\.peer))
  }

  package func nextDueJob(_ stages: Set<JobStage>) -> Timestamp? {
    allJobs.map(\.job).filter { stages.contains($0.stage) && $0.state.isActive }.compactMap(\.nextAt).min()
  }

  package func job(_ id: JobID) -> Job? { allJobs.first { $0.job.id == id && !$0.isDeleted }?.job }

  package func jobs(_ filter: JobFilter, page: PageRequest) throws -> Page<Job> {
    let position = try page.position() ?? .max
    let found = allJobs.filter { entry in
      !entry.isDeleted && entry.number < position && filter.kinds?.contains(entry.job.kind) ?? true
        && filter.states?.contains(entry.job.state) ?? true
    }
    return Page(Array(found.reversed().prefix(page.limit + 1)), limit: page.limit, position: \.number, item: \.job)
  }

  package func inquiry(_ job: JobID) -> InquiryRecord? { index(job).map { inquiries[$0].record } }

  package func inquired(_ uid: UID) -> [InquiredItem] {
    inquiries.flatMap { inquiry in
      inquiry.references.prefix(inquiry.read).filter { $0.sop.instanceUID == uid }.map { reference in
        InquiredItem(
          job: inquiry.record.job.id, transactionUID: inquiry.record.transactionUID, sop: reference.sop,
          askedBy: inquiry.record.callingAE, askedAt: inquiry.record.job.createdAt,
          committed: reference.reason.map { $0 == 0 }, reasonCode: reference.reason == 0 ? nil : reference.reason,
          reportedAt: inquiry.record.reportedAt)
      }
    }
  }
}

extension Job {
  fileprivate func isDue(at now: Timestamp) -> Bool { state.isActive && nextAt.map { $0 <= now } ?? false }
}
