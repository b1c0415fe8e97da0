package import DICOM

/// One wave of arrivals of a study: what came until it was quiet. What comes later is another wave.
package struct StudyWave: Sendable, Equatable {
  /// The study, or the instance whose study is not known.
  package var key: UID
  package var isStudy: Bool
  package var lastArrival: Timestamp
  /// What was told of it.
  package var told: Set<EventKind>
  package var tally: Tally

  /// How many instances it has, and how far they are.
  package struct Tally: Sendable, Equatable {
    package var instances: Int
    package var stored: Int
    package var committed: Int
    package var purged: Int
    package var failed: Int

    package init(instances: Int = 0, stored: Int = 0, committed: Int = 0, purged: Int = 0, failed: Int = 0) {
      self.instances = instances
      self.stored = stored
      self.committed = committed
      self.purged = purged
      self.failed = failed
    }
  }

  package init(
    key: UID, isStudy: Bool, lastArrival: Timestamp, told: Set<EventKind> = [], tally: Tally = Tally()
  ) {
    self.key = key
    self.isStudy = isStudy
    self.lastArrival = lastArrival
    self.told = told
    self.tally = tally
  }

  /// Whether later arrivals of the study still belong to it.
  package var isOpen: Bool { !told.contains(.studyReceived) }

  /// What is to be told now, each once: the end of its arrivals first.
  package mutating func news(quiet: Duration, now: Timestamp) -> [EscrowEvent] {
    var news: [EventKind] = []
    // An arrival later than now and the quiet time was noted before the clock was put back.
    if isOpen, lastArrival + quiet <= now || lastArrival > now + quiet { news.append(.studyReceived) }
    if !isOpen || !news.isEmpty {
      news += reached.filter { !told.contains($0) }
    }
    told.formUnion(news)
    return news.map { event($0, at: now) }
  }

  private var reached: [EventKind] {
    let steps: [(EventKind, Int)] = [
      (.studyDelivered, tally.stored), (.studyCommitted, tally.committed), (.studyPurged, tally.purged),
    ]
    return steps.filter { $0.1 == tally.instances }.map(\.0)
  }

  private func event(_ kind: EventKind, at now: Timestamp) -> EscrowEvent {
    EscrowEvent(
      kind, at: now, studyInstanceUID: isStudy ? key : nil, sopInstanceUID: isStudy ? nil : key,
      instances: tally.instances, failed: tally.failed)
  }
}

extension Consignment {
  /// Counts this instance in its wave's tally.
  package func count(into tally: inout StudyWave.Tally) {
    let standing = standing
    tally.instances += 1
    tally.stored += standing.isStored ? 1 : 0
    tally.committed += standing.isCommitted ? 1 : 0
    tally.purged += instance.state == .purged ? 1 : 0
    tally.failed += standing.hasFailed ? 1 : 0
  }
}
