import DICOM
package import EscrowCore

extension MemoryRecord {
  private static let chunk = 1000

  /// As ``JobLedger/inquire(_:limit:now:)``.
  package mutating func inquire(_ inquiry: CommitmentInquiry, limit: Int, now: Timestamp) -> InquiryAnswer {
    let known = inquiries.firstIndex {
      $0.record.callingAE == inquiry.callingAE && $0.record.transactionUID == inquiry.transactionUID
    }
    if let known {
      guard inquiries[known].content == inquiry.content else { return .contradicts(inquiries[known].record.job.id) }
      if inquiries[known].record.askAgain(now: now) { inquiries[known].isDeleted = false }
      return .repeated(inquiries[known].record.job.id)
    }
    if let own = commitmentOfUID[inquiry.transactionUID], !commitments[own].record.manual { return .ownRequest }
    let open = inquiries.count { $0.record.job.peer == inquiry.peer && !$0.record.job.state.hasEnded }
    guard open < limit else { return .tooMany(limit) }
    let job = Job(
      id: inquiry.job, kind: .storageCommitmentSCP, peer: inquiry.peer, createdAt: now, nextAt: now,
      total: inquiry.references.count)
    let record = InquiryRecord(
      job: job, transactionUID: inquiry.transactionUID, callingAE: inquiry.callingAE, calledAE: inquiry.calledAE,
      address: inquiry.address, terms: inquiry.terms)
    jobOrder.append(inquiry.job)
    inquiries.append(
      MemoryInquiry(
        record: record, content: inquiry.content, references: inquiry.references.map { .init(sop: $0) }))
    if inquiry.terms.completes { endQuiet(of: inquiry) }
    tell(inquiry.received(now: now))
    if inquiry.references.count <= Self.chunk { _ = advance(inquiries.count - 1, limit: Self.chunk, now: now) }
    return .opened(inquiry.job)
  }

  private mutating func endQuiet(of inquiry: CommitmentInquiry) {
    for reference in inquiry.references {
      for row in rowsOfSOPInstance[reference.instanceUID, default: []]
      where consignments[row].instance.source.peer == inquiry.peer {
        let wave = waveOfRow[row]
        if waves[wave].wave.isOpen { waves[wave].wave.lastArrival = Timestamp(microseconds: 0) }
      }
    }
  }

  private func index(_ job: JobID) -> Int? { inquiries.firstIndex { $0.record.job.id == job } }

  /// As ``JobLedger/advanceInquiry(_:limit:now:)``.
  package mutating func advanceInquiry(_ job: JobID, limit: Int, now: Timestamp) -> InquiryProgress? {
    guard let index = index(job), inquiries[index].record.job.state.isActive else { return nil }
    return advance(index, limit: limit, now: now)
  }

  private mutating func advance(_ index: Int, limit: Int, now: Timestamp) -> InquiryProgress {
    if inquiries[index].isUnread {
      let end = min(inquiries[index].read + Self.chunk, inquiries[index].references.count)
      for position in inquiries[index].read..<end {
        decide(vouching(position, of: index).decision, position, of: index)
      }
      inquiries[index].read = end
    } else {
      let touched = inquiries[index].references.indices.filter { inquiries[index].references[$0].isTouched }
      for position in touched.prefix(limit) { review(position, of: index) }
      if touched.isEmpty, now >= inquiries[index].record.terms.answerBy {
        let undecided = inquiries[index].references.indices.filter { inquiries[index].references[$0].reason == nil }
        for position in undecided.prefix(limit) { decide(Vouching.processingFailure, position, of: index) }
      }
    }
    let hasNews = inquiries[index].hasNews
    inquiries[index].record.note(hasNews: hasNews, now: now)
    return inquiries[index].record.progress(hasNews: hasNews)
  }

  private mutating func decide(_ reason: UInt16?, _ position: Int, of index: Int) {
    inquiries[index].record.count(reason)
    inquiries[index].references[position].reason = reason
    inquiries[index].references[position].isTouched = false
  }

  private mutating func review(_ position: Int, of index: Int) {
    let record = inquiries[index].record
    switch inquiries[index].references[position].reason {
    case nil: decide(vouching(position, of: index).decision, position, of: index)
    case 0 where record.sealedAt == nil && record.terms.basis != .hook:
      let reason = vouching(position, of: index).decision
      inquiries[index].references[position].reason = reason
      if reason == nil { inquiries[index].record.job.done -= 1 }
      if let reason, reason != 0 { inquiries[index].record.failed += 1 }
      inquiries[index].references[position].isTouched = false
    default: inquiries[index].references[position].isTouched = false
    }
  }

  private func vouching(_ position: Int, of index: Int) -> Vouching {
    let record = inquiries[index].record
    return judged(inquiries[index].references[position].sop, record).forRecord(record.terms.basis)
  }

  private func judged(_ sop: SOPInstance, _ record: InquiryRecord) -> Vouching.Judgement {
    let known = rowsOfSOPInstance[sop.instanceUID, default: []].map { consignments[$0] }
    return Vouching.of(sop, among: known, for: record.job.peer, by: record.terms)
  }

  /// As ``JobLedger/openReferences(_:from:limit:)``.
  package func openReferences(_ job: JobID, from position: Int, limit: Int) -> [OpenReference] {
    guard let index = index(job) else { return [] }
    let inquiry = inquiries[index]
    let open = inquiry.references.prefix(inquiry.read).enumerated().filter {
      $0.element.reason == nil && $0.offset >= position
    }
    return open.prefix(limit).map { offset, reference in
      let subject = judged(reference.sop, inquiry.record).subject
      return OpenReference(
        position: offset, sop: reference.sop, instance: subject?.instance.id,
        isProved: subject?.isProved(by: inquiry.record.terms) ?? false)
    }
  }

  /// As ``JobLedger/decide(_:of:now:)``.
  package mutating func decide(_ decisions: [ReferenceDecision], of job: JobID, now: Timestamp) {
    guard let index = index(job) else { return }
    for decision in decisions where inquiries[index].references[decision.position].reason == nil {
      let failure = decision.pins.map { pin($0, for: inquiries[index].record) } ?? decision.failure
      decide(failure ?? 0, decision.position, of: index)
    }
    inquiries[index].record.note(hasNews: false, now: now)
  }

  private mutating func pin(_ id: InstanceID, for record: InquiryRecord) -> UInt16? {
    guard let row = rowOfInstance[id], consignments[row].instance.state.hasFile else {
      return Vouching.processingFailure
    }
    var changed = consignments[row]
    changed.promise(to: record)
    save(changed, at: row)
    return nil
  }

  /// Something of an instance changed that what was asked about it may depend on.
  mutating func touch(_ uid: UID, wasContradicted: Bool) {
    for index in inquiries.indices {
      for position in inquiries[index].references.indices.prefix(inquiries[index].read)
      where inquiries[index].references[position].sop.instanceUID == uid {
        let reference = inquiries[index].references[position]
        guard !reference.isTouched, reference.reason == nil || wasContradicted && reference.reason == 0 else {
          continue
        }
        inquiries[index].references[position].isTouched = true
        if inquiries[index].record.job.state.isActive {
          inquiries[index].record.job.nextAt = Timestamp(microseconds: 0)
        }
      }
    }
  }

  /// Whether a peer asked about an instance and waits for the answer.
  func isAskedAbout(_ instance: Instance) -> Bool {
    inquiries.contains { inquiry in
      !inquiry.record.job.state.hasEnded
        && inquiry.references.prefix(inquiry.read).contains {
          $0.sop.instanceUID == instance.sop.instanceUID && $0.reason == nil
        }
    }
  }
}
