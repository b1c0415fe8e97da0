import DICOM
import EscrowCore

extension Scene {
  /// The peer ct1 asks about instances in a transaction of its own, or one that has a number; class and terms as given.
  @discardableResult
  func inquire(
    _ number: Int, about instances: [Int], classUID: UID? = nil, basis: InquiryTerms.Basis = .delivered,
    proof: Proof = .commitment, excluded: Set<PeerName> = [], seesAll: Bool = false, completes: Bool = false,
    from callingAE: AETitle = "CT1", in transaction: Int? = nil, as job: Int? = nil, peer: PeerName = "ct1",
    limit: Int = 100,
    at seconds: Int
  ) async throws -> InquiryAnswer {
    let references = instances.map { SOPInstance.number($0) }.map { sop in
      SOPInstance(classUID: classUID ?? sop.classUID, instanceUID: sop.instanceUID)
    }
    let inquiry = CommitmentInquiry(
      job: .number(job ?? number), transactionUID: transaction.map(UID.transaction) ?? UID("1.2.826.8.\(number)"),
      callingAE: callingAE, calledAE: "ESCROW",
      address: "10.0.0.7", peer: peer, references: references, content: "\(instances)\(classUID?.rawValue ?? "")",
      terms: InquiryTerms(
        basis: basis, proof: proof, excluded: excluded, seesAll: seesAll, answerBy: .at(seconds + 1000),
        completes: completes))
    return try await ledger.inquire(inquiry, limit: limit, now: .at(seconds))
  }

  func job(_ number: Int, file: StaticString = #fileID, line: UInt = #line) async throws -> Job {
    try require(try await ledger.job(.number(number)), "job \(number)", file: file, line: line)
  }

  @discardableResult
  func advance(job number: Int, limit: Int = 1000, at seconds: Int) async throws -> InquiryProgress? {
    try await ledger.advanceInquiry(.number(number), limit: limit, now: .at(seconds))
  }

  /// What is told in job `number`: committed instances, then those that failed with their reasons; nil for nothing.
  func told(_ number: Int, at seconds: Int) async throws -> [String]? {
    try await ledger.sealReport(.number(number), now: .at(seconds)).map { report in
      report.committed.map { "\($0.instanceUID)" } + report.failed.map { "\($0.sop.instanceUID) \($0.reason)" }
    }
  }

  func reported(_ number: Int, _ result: ReportingResult = .accepted(status: 0), at seconds: Int) async throws {
    try await ledger.recordReporting(
      .number(number), result, givingUp: .at(seconds - 10_000), now: .at(seconds))
  }

  @discardableResult
  func change(_ verb: JobVerb, job number: Int, at seconds: Int) async throws -> Bool? {
    try await ledger.change(.number(number), verb, actor: "api", now: .at(seconds))
  }

  func due(_ stage: JobStage, at seconds: Int) async throws -> [JobID] {
    try await ledger.dueJobs(stage, of: nil, limit: 100, now: .at(seconds)).map(\.id)
  }
}

extension JobID {
  static func number(_ number: Int) -> JobID { JobID(rawValue: "job-\(number)") }
}
