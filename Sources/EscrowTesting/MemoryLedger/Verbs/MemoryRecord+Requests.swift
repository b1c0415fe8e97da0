package import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/recordRequest(_:answer:now:)``.
  package mutating func recordRequest(_ uid: UID, answer: RequestAnswer, now: Timestamp) {
    guard let index = commitmentOfUID[uid] else { return }
    for id in commitments[index].items.compactMap(\.delivery).sorted() {
      guard var delivery = delivery(id), delivery.endRequest(uid, answer: answer) else { continue }
      write(delivery)
    }
    let destination = commitments[index].record.destination
    switch answer {
    case .accepted: clear(.commitmentRefused, subject: destination.rawValue, event: nil)
    case .refused(_, let message, let retryAt):
      refuse(index, message: message, retryAt: retryAt)
      raise(.refused(destination, message: message, at: now), event: nil)
    case .failed(_, let message): commitments[commitments[index].root ?? index].record.message = message
    case .notSent(let message, let retryAt):
      refuse(index, message: "not sent: \(message)", retryAt: retryAt)
      if commitments[index].root == nil, commitments[index].record.manual {
        commitments[index].openings = 0
        commitments[index].record.state = .open
      }
    }
  }

  private mutating func refuse(_ index: Int, message: String, retryAt: Timestamp) {
    if commitments[index].record.state == .open { commitments[index].record.state = .refused }
    commitments[index].record.message = message
    commitments[index].record.nextAskAt = commitments[index].root == nil ? retryAt : nil
    guard let root = commitments[index].root else { return }
    commitments[root].record.message = message
    if commitments[root].record.nextAskAt != nil { commitments[root].record.nextAskAt = retryAt }
  }
}
