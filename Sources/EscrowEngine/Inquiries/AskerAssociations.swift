import DICOMNetwork
import EscrowCore
import NIOConcurrencyHelpers

/// The associations on which peers asked that want to be told the answer there, while these are open.
package final class AskerAssociations: Sendable {
  /// Where an answer may go.
  enum Place: Sendable {
    /// On this association, whose peer has its response.
    case here(Association, context: UInt8)
    /// On that association, but not before the response.
    case soon
    case elsewhere
  }

  private struct Entry: Sendable {
    let association: Association
    let context: UInt8
    var isAnswered = false
  }

  private let entries = NIOLockedValueBox<[JobID: Entry]>([:])

  /// A request came, of a peer that wants to be told on the same association, and is not answered yet.
  func expect(_ inquiry: CommitmentInquiry, on association: Association, context: UInt8) {
    entries.withLockedValue { $0[inquiry.job] = Entry(association: association, context: context) }
  }

  /// The job of an inquiry is an earlier one.
  func rename(_ expected: JobID, to job: JobID) {
    guard expected != job else { return }
    entries.withLockedValue { $0[job] = $0.removeValue(forKey: expected) ?? $0[job] }
  }

  /// A response went out on an association; true when something may be told there now.
  func answered(on association: Association) -> Bool {
    entries.withLockedValue { entries in
      let jobs = entries.filter { $0.value.association === association && !$0.value.isAnswered }.map(\.key)
      for job in jobs { entries[job]?.isAnswered = true }
      return !jobs.isEmpty
    }
  }

  /// An association ended; true when something is to be told elsewhere now.
  func ended(_ association: Association) -> Bool {
    entries.withLockedValue { entries in
      let before = entries.count
      entries = entries.filter { $0.value.association !== association }
      return entries.count != before
    }
  }

  func place(of job: JobID) -> Place {
    guard let entry = entries.withLockedValue({ $0[job] }) else { return .elsewhere }
    return entry.isAnswered ? .here(entry.association, context: entry.context) : .soon
  }

  /// The answer was told, or could not be told there.
  func remove(_ job: JobID) { entries.withLockedValue { $0[job] = nil } }
}
