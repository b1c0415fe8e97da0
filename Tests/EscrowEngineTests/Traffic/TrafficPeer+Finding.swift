import DICOM
import DICOMProtocol
import EscrowTesting

extension TrafficPeer {
  /// How a query ends, after the matches that were told as pending.
  enum Finding: Sendable {
    case ended(told: [UID], status: UInt16)
    /// The association ends without an answer.
    case lost
  }

  /// Whether it takes a query for what it is at all.
  var acceptsQueries: Bool { spell != .refusingCommitment }

  /// Answers a query; what it forgets to name it may have all the same.
  mutating func find(_ query: InstanceQuery, _ random: inout SeededGenerator) -> Finding {
    let percent = Int.random(in: 0..<100, using: &random)
    if spell == .contradicting || spell == .losing, percent < 20, let one = query.sopInstanceUIDs.first {
      archive.lose(one)
    }
    let known = query.sopInstanceUIDs.filter(archive.has)
    // Others of the series, which nobody asked for.
    let others: [UID] = percent < 30 ? ["2.25.5.999999999"] : []
    switch spell {
    case .full: return .ended(told: known, status: 0xA700)
    case .forbidding: return .ended(told: [], status: 0x0124)
    case .moody where percent < 60:
      let statuses: [UInt16] = [0xC001, 0xFE00, 0x0110, 0x0122, 0xA900]
      return .ended(told: known, status: statuses.randomElement(using: &random) ?? 0x0110)
    case .aborting where percent < 40: return .lost
    case .silent where percent < 50, .late where percent < 30: return .ended(told: known, status: 0xFF00)
    // There are peers that answer a list with one match, and that forget.
    case .partial: return .ended(told: percent < 50 ? Array(known.prefix(1)) : [], status: 0x0000)
    default: return .ended(told: known + others, status: 0x0000)
    }
  }
}
