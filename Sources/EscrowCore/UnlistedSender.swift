package import DICOM

/// Somebody who wanted to send and was not let: who it says it is, from where, and what it tried.
///
/// AE titles and texts are what the network sent, and are escaped where people see them.
package struct UnlistedSender: Sendable, Equatable {
  package var callingAE: AETitle
  /// As text, numeric.
  package var address: String
  /// The AE title by which it called us last.
  package var calledAE: AETitle
  package var firstAt: Timestamp
  package var lastAt: Timestamp
  /// Associations that it wanted.
  package var attempts: Int
  /// Why it was not let the last time.
  package var reason: String
  /// The abstract syntaxes that it proposed the last time, each once.
  package var proposed: [UID]
  /// Its implementation version name (PS3.7 §D.3.3.2) the last time.
  package var implementation: String?

  /// One attempt.
  package init(
    _ callingAE: AETitle, at address: String, calling calledAE: AETitle, now: Timestamp, reason: String,
    proposed: [UID] = [], implementation: String? = nil
  ) {
    self.callingAE = callingAE
    self.address = address
    self.calledAE = calledAE
    firstAt = now
    lastAt = now
    attempts = 1
    self.reason = reason
    self.proposed = proposed
    self.implementation = implementation
  }

  /// What is known together with later attempts of the same sender.
  package func followed(by later: UnlistedSender) -> UnlistedSender {
    var sender = later
    sender.firstAt = firstAt
    sender.attempts += attempts
    return sender
  }
}

/// Those who tried of late, so many that nobody who calls under ever new names pushes all others out.
package struct UnlistedSenders: Sendable, Equatable {
  /// So many are remembered; then those who tried longest ago are forgotten.
  package static let limit = 1000
  /// So many AE titles of one address are remembered.
  package static let limitPerAddress = 16
  /// Who has not tried for so long is forgotten.
  package static let memory = Duration.days(30)

  private struct Key: Hashable {
    var address: String
    var callingAE: AETitle
  }

  private var senders: [Key: UnlistedSender] = [:]

  package init() {}

  package var isEmpty: Bool { senders.isEmpty }

  /// Those who tried last first.
  package var latest: [UnlistedSender] { senders.values.sorted { Self.precedes($0, $1) } }

  /// Adds what somebody tried.
  package mutating func note(_ sender: UnlistedSender) {
    let key = Key(address: sender.address, callingAE: sender.callingAE)
    senders[key] = senders[key]?.followed(by: sender) ?? sender
    if senders.count(where: { $0.key.address == key.address }) > Self.limitPerAddress {
      forgetLast { $0.address == key.address }
    }
    if senders.count > Self.limit { forgetLast { _ in true } }
  }

  /// Forgets who tried before `moment` for the last time.
  package mutating func forget(before moment: Timestamp) {
    senders = senders.filter { $0.value.lastAt >= moment }
  }

  private mutating func forgetLast(_ isMeant: (UnlistedSender) -> Bool) {
    let last = senders.filter { isMeant($0.value) }.max { Self.precedes($0.value, $1.value) }
    if let last { senders[last.key] = nil }
  }

  /// The latest first; of those at the same moment by what they are called.
  private static func precedes(_ left: UnlistedSender, _ right: UnlistedSender) -> Bool {
    (right.lastAt, left.address, left.callingAE.rawValue) < (left.lastAt, right.address, right.callingAE.rawValue)
  }
}

/// The part of a ledger that remembers who wanted to send and was not let.
package protocol UnlistedLedger: Sendable {
  /// Adds what was tried to what is known of the same AE titles and addresses, and forgets what ``UnlistedSenders``
  /// would forget.
  func recordUnlisted(_ attempts: [UnlistedSender], now: Timestamp) async throws

  /// Those who tried last first.
  func unlistedSenders() async throws -> [UnlistedSender]
}
