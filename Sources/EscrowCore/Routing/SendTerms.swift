/// How an instance is sent to one destination, as its routes said when it was admitted.
package struct SendTerms: Sendable, Equatable, Codable {
  /// In the order of their attributes.
  package var edits: [Edit]
  /// An edited copy is as good as the original: ours may go.
  package var acceptEdited: Bool
  /// When it may be sent; nil at any time.
  package var timetable: Timetable?
  /// Bytes a second that it, with all others of this limit, may take of the way there; nil without a limit.
  package var maxRate: Int64?
  /// Who gets it when the destination is down; nil when nobody does.
  package var alternative: Alternative?

  /// Where something goes instead.
  package struct Alternative: Sendable, Equatable, Codable {
    package var destination: PeerName
    /// The peer is declared to keep the content that came last.
    package var overwrites: Bool
    /// The peer may not report, so it cannot commit; nil when it may.
    package var cannotCommit: Bool?

    package init(_ destination: PeerName, overwrites: Bool = false, cannotCommit: Bool = false) {
      self.destination = destination
      self.overwrites = overwrites
      self.cannotCommit = cannotCommit ? true : nil
    }

    /// Whether it can give a proof: another route may want a stronger one than the route that named it.
    package func canGive(_ proof: Proof) -> Bool { proof != .commitment || cannotCommit != true }
  }

  package init(
    edits: [Edit] = [], acceptEdited: Bool = false, timetable: Timetable? = nil, maxRate: Int64? = nil,
    alternative: Alternative? = nil
  ) {
    self.edits = edits.sorted { $0.keyword < $1.keyword }
    self.acceptEdited = acceptEdited
    self.timetable = timetable
    self.maxRate = maxRate
    self.alternative = alternative
  }

  /// At once, as it came.
  package static let plain = SendTerms()

  /// Whether what arrives is not what we have, and does not stand for it.
  package var alters: Bool { !edits.isEmpty && !acceptEdited }

  /// Those of two routes that want the same edits: what comes sooner wins, the first alternative, and an edited copy is
  /// accepted if both accept it.
  package func merged(with other: SendTerms) -> SendTerms {
    SendTerms(
      edits: edits, acceptEdited: acceptEdited && other.acceptEdited,
      timetable: timetable.merged(with: other.timetable),
      maxRate: zip(maxRate, other.maxRate).map { max($0, $1) }, alternative: alternative ?? other.alternative)
  }

  /// Both, if both are there.
  private func zip(_ left: Int64?, _ right: Int64?) -> (Int64, Int64)? {
    guard let left, let right else { return nil }
    return (left, right)
  }
}

extension Timetable? {
  /// When either is open.
  fileprivate func merged(with other: Timetable?) -> Timetable? {
    guard let self, let other else { return nil }
    return Timetable(self.windows + other.windows.filter { !self.windows.contains($0) }, timeZone: self.timeZone)
  }
}
