import DICOM

extension Consignment {
  /// The reason of deliveries that failed because the file is missing, short or has another digest.
  package static let damaged = "damaged"

  /// The file cannot be sent any more; false when the instance's state has no file to lose, or when that was told and
  /// nobody waits for the file.
  package mutating func damage(reason: String, now: Timestamp) -> Bool {
    if instance.state == .settled, instance.reason == reason, standing.isProven, !isAmbiguous { return false }
    let hold = instance.state == .held ? instance.reason : nil
    guard move(.damaged) else { return false }
    if let hold { effects.append(.review(.instanceHeld, subject: hold)) }
    instance.reason = reason
    instance.settledAt = nil
    var event = event(.instanceDamaged, at: now)
    event.instances = 1
    event.reason = reason
    let alarm = Alarm(.instanceDamaged, subject: studyKey.rawValue, since: now, text: "\(instance.id): \(reason)")
    effects += [.tell(event), .raise(alarm)]
    for index in deliveries.indices where [.queued, .sending].contains(deliveries[index].state) {
      fail(index, reason: Consignment.damaged, message: reason, now: now)
    }
    settle(now: now)
    return true
  }

  /// The file was gone at recovery: as good as purged if everything is safe elsewhere, else damaged.
  package mutating func loseFile(reason: String, now: Timestamp) -> Bool {
    guard instance.state == .settled, standing.isSafe, !isAmbiguous, instance.promise == nil else {
      return damage(reason: reason, now: now)
    }
    move(.purgeGuardHeld)
    return purged(reason: "file missing at recovery", now: now)
  }

  /// The file is unlinked and its directory synced.
  package mutating func purged(reason: String? = nil, now: Timestamp) -> Bool {
    guard move(instance.discarding ? .fileDiscarded : .filePurged) else { return false }
    instance.goneAt = now
    var event = event(.instancePurged, at: now)
    event.reason = instance.discarding ? instance.reason : reason
    effects.append(.tell(event))
    if instance.conflicted { effects.append(.review(.instanceConflict, subject: studyKey.rawValue)) }
    return true
  }
}
