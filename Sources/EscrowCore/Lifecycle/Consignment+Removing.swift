extension Consignment {
  /// Lets the copy go on an explicit wish, whatever its retention. Returns why not, if it may not.
  ///
  /// - Parameters:
  ///   - isProved: whether a report of the API's own transaction says that it is committed elsewhere.
  ///   - isAsked: whether a peer waits to be told about it.
  ///   - isWanted: whether a job is to send it and has not queued it yet.
  package mutating func remove(isProved: Bool, isAsked: Bool, isWanted: Bool, actor: String, now: Timestamp) -> String?
  {
    if [.purging, .purged, .discarded].contains(instance.state) { return nil }
    if isWanted { return "a job that is to send it has not ended" }
    if let obstacle = obstacleToRemoval(isProved: isProved, isAsked: isAsked) { return obstacle }
    if let stale = deliveries.first(where: { $0.origin == .route && $0.isStale(at: now) }) {
      return
        "kept: that \(stale.destination) has it was found too long ago; `escrow commitments ask-again` asks once more"
    }
    let hold = instance.state == .held ? instance.reason : nil
    guard move(instance.state == .held ? .removedOnProof : .purgeGuardHeld) else {
      return "the instance is \(instance.state)"
    }
    if let hold { effects.append(.review(.instanceHeld, subject: hold)) }
    var event = event(.operatorAction, at: now, actor: actor)
    event.reason = "removed: it is safe elsewhere"
    effects.append(.tell(event))
    return nil
  }

  private func obstacleToRemoval(isProved: Bool, isAsked: Bool) -> String? {
    if let obstacle = instance.legalObstacle { return obstacle }
    if let pin = instance.pin ?? instance.promise { return "kept: \(pin)" }
    if isAsked { return "a peer's request for its commitment is not decided" }
    if let open = deliveries.first(where: { !$0.state.isTerminal }) {
      return "the delivery to \(open.destination) is \(open.state)"
    }
    guard deliveries.contains(where: { $0.origin == .route }) else {
      if instance.conflicted { return "kept: other content of this SOP Instance UID is on record" }
      if let partial = deliveries.first(where: { $0.discardedElements && !$0.acceptDiscarded }) {
        return "kept: \(partial.destination) discarded elements of it"
      }
      return isProved ? nil : "no destination has committed to it"
    }
    return PurgeGuard.obstacleBesideRetention(self)
  }
}
