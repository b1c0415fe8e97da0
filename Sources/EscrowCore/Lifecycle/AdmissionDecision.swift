/// What an admission means, given what is on record for its SOP Instance UID.
package enum AdmissionDecision: Sendable, Equatable {
  /// A new instance with these deliveries.
  case new([PlannedDelivery], conflicted: Bool)
  /// The bytes are here: these deliveries are wanted of the earlier instance.
  case merge(InstanceID, [PlannedDelivery])
  /// The bytes were here and are damaged: the new file takes their place.
  case replace(InstanceID, [PlannedDelivery])
  /// The bytes came back from where we sent them.
  case loop(InstanceID)
  /// This very admission is on record already, and its file with it.
  case repeated(conflicted: Bool)
  /// This very admission is on record, and its copy was deleted by decision.
  case leftover(InstanceID)

  /// Decides; `earlier` are all instances with the SOP Instance UID, in the order of their admission.
  package static func decide(_ admission: Admission, earlier: [Consignment]) -> AdmissionDecision {
    let wanted = admission.plan.hold == nil ? admission.plan.deliveries : []
    if let own = earlier.first(where: { $0.instance.file == admission.id || $0.instance.id == admission.id }) {
      return decide(admission, again: own, wanted: wanted)
    }
    let same = earlier.filter { $0.instance.digest == admission.digest }
    let isLoop = same.contains { $0.wasSent(to: admission.source.peer) }
    let remaining = isLoop ? wanted.filter { $0.isMissing(at: admission.source.peer, in: same) } : wanted
    let isLost = { (id: InstanceID) in admission.lost.contains(id) }
    let present = same.last { $0.instance.state.hasFile && !isLost($0.instance.id) }
    let damaged = same.last {
      $0.instance.state == .damaged || $0.instance.state.hasFile && isLost($0.instance.id)
    }
    if present == nil, let damaged {
      return .replace(damaged.instance.id, remaining)
    }
    if isLoop, remaining.isEmpty, let known = present ?? same.last { return .loop(known.instance.id) }
    if let present { return .merge(present.instance.id, remaining) }
    return .new(remaining, conflicted: earlier.contains { $0.instance.digest != admission.digest })
  }

  /// A file found at recovery, or an admission whose answer was lost: its instance is on record.
  private static func decide(
    _ admission: Admission, again own: Consignment, wanted: [PlannedDelivery]
  ) -> AdmissionDecision {
    guard own.instance.file == admission.id else {
      // An older file of it: of use only if the one that took its place is lost.
      let isLost = admission.lost.contains(own.instance.id) && own.instance.state.hasFile
      return isLost && own.instance.digest == admission.digest
        ? .replace(own.instance.id, wanted) : .leftover(own.instance.id)
    }
    return switch own.instance.state {
    case .held, .inTransit, .settled: .repeated(conflicted: own.instance.conflicted)
    case .damaged where own.instance.digest == admission.digest: .replace(own.instance.id, wanted)
    case .damaged: .repeated(conflicted: own.instance.conflicted)
    case .purging, .purged, .discarded: .leftover(own.instance.id)
    }
  }
}

extension Consignment {
  /// Whether `peer` was offered these bytes by us.
  fileprivate func wasSent(to peer: PeerName?) -> Bool {
    guard let peer else { return false }
    return deliveries.contains { $0.destination == peer && $0.attempts > 0 }
  }
}

extension PlannedDelivery {
  /// Whether its destination is neither `caller` nor has the bytes, or will have them, from us already.
  fileprivate func isMissing(at caller: PeerName?, in same: [Consignment]) -> Bool {
    destination != caller
      && !same.contains { consignment in
        consignment.deliveries.contains {
          $0.destination == destination && !$0.contradicted
            // What is open can be sent again only while its copy is kept.
            && ($0.state == .delivered || !$0.state.isTerminal && consignment.instance.state.isKept)
        }
      }
  }
}
