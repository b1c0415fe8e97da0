/// Our own name for a job: a UUID in lower-case canonical form.
package struct JobID: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package var description: String { rawValue }

  package static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
}

/// What a job does, as the reference system names it.
package enum JobKind: String, Sendable, Codable, CaseIterable {
  /// Answers a peer's request for storage commitment.
  case storageCommitmentSCP = "StorageCommitmentScp"
  /// Sends instances to a peer, and asks for their commitment if so wished.
  case modalityStore = "DicomModalityStore"
}

/// Work that somebody asked for and that outlives the asking: kept until it is deleted, gone on with after a restart.
package struct Job: Sendable, Equatable {
  package var id: JobID
  package var kind: JobKind
  package var state: JobState
  /// The peer that it has to do with.
  package var peer: PeerName
  /// Higher goes first; may be negative.
  package var priority: Int
  package var createdAt: Timestamp
  /// When its state or progress last changed.
  package var changedAt: Timestamp
  package var completedAt: Timestamp?
  /// When there is something to do for it; nil while it waits for others, is paused or has ended.
  package var nextAt: Timestamp?
  /// Since when what it has to tell or send could not be told or sent.
  package var troubledSince: Timestamp?
  /// How many parts it has, and how many are done.
  package var total: Int
  package var done: Int
  /// How often it tried in vain since it was last submitted.
  package var tries: Int
  package var failure: JobFailure?

  package init(
    id: JobID, kind: JobKind, state: JobState = .pending, peer: PeerName, priority: Int = 0, createdAt: Timestamp,
    changedAt: Timestamp? = nil, completedAt: Timestamp? = nil, nextAt: Timestamp? = nil,
    troubledSince: Timestamp? = nil, total: Int, done: Int = 0, tries: Int = 0, failure: JobFailure? = nil
  ) {
    self.id = id
    self.kind = kind
    self.state = state
    self.peer = peer
    self.priority = priority
    self.createdAt = createdAt
    self.changedAt = changedAt ?? createdAt
    self.completedAt = completedAt
    self.nextAt = nextAt
    self.troubledSince = troubledSince
    self.total = total
    self.done = done
    self.tries = tries
    self.failure = failure
  }
}

/// What is to be done next for a job, once it is due.
package enum JobStage: String, Sendable, Codable, CaseIterable {
  /// Decide about the references of an inquiry.
  case deciding
  /// Tell the peer what was decided.
  case reporting
  /// Send instances.
  case storing
}

extension Job {
  package var stage: JobStage {
    switch kind {
    case .storageCommitmentSCP: done < total ? .deciding : .reporting
    case .modalityStore: .storing
    }
  }
}

/// Why a job failed, or why it has to try again.
package struct JobFailure: Sendable, Equatable {
  package var code: Code
  /// In words, for people.
  package var text: String

  /// The reference system's numbers.
  package enum Code: Int, Sendable, CaseIterable {
    case internalError = -1
    case network = 9
    case inexistentItem = 7
    case canceled = 37
  }

  package init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }
}
