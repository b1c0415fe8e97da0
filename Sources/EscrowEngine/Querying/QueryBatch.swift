import DICOM
import DICOMProtocol
import EscrowCore

/// Deliveries that one query asks for, and how.
struct QueryBatch: Sendable, Equatable {
  var asked: [DueQuery]
  var query: InstanceQuery

  /// Puts deliveries together, at most `size` in each query.
  ///
  /// A peer that agreed to relational queries is asked for a list without the keys above it (PS3.4 §C.4.1.3.1.1), any
  /// other for a list in each series; what is not known to be in a series is asked for alone.
  static func batches(of due: [DueQuery], size: Int, relational: Bool) -> [QueryBatch] {
    if relational { return chunks(of: due, size: size) { InstanceQuery(sopInstanceUIDs: $0) } }
    var order: [SeriesKey] = []
    var groups: [SeriesKey: [DueQuery]] = [:]
    var alone: [DueQuery] = []
    for question in due {
      guard let key = SeriesKey(question) else {
        alone.append(question)
        continue
      }
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(question)
    }
    let ofSeries = order.flatMap { key in
      chunks(of: groups[key] ?? [], size: size) { key.query(for: $0) }
    }
    return ofSeries + alone.map { QueryBatch(asked: [$0], query: $0.barely) }
  }

  /// As many as `size` allows, and as fit into one value.
  private static func chunks(
    of due: [DueQuery], size: Int, query: ([UID]) -> InstanceQuery
  ) -> [QueryBatch] {
    var batches: [[DueQuery]] = []
    var length = 0
    for question in due {
      let added = question.sop.instanceUID.rawValue.utf8.count + 1
      if let last = batches.last, last.count < max(size, 1), length + added <= InstanceQuery.maximumListLength {
        batches[batches.count - 1].append(question)
        length += added
      } else {
        batches.append([question])
        length = added
      }
    }
    return batches.map { QueryBatch(asked: $0, query: query($0.map(\.sop.instanceUID))) }
  }
}

/// The unique keys above an instance.
private struct SeriesKey: Hashable {
  var study: UID
  var series: UID

  init?(_ question: DueQuery) {
    guard let study = question.studyInstanceUID, let series = question.seriesInstanceUID else { return nil }
    self.study = study
    self.series = series
  }

  func query(for uids: [UID]) -> InstanceQuery {
    InstanceQuery(sopInstanceUIDs: uids, studyInstanceUID: study, seriesInstanceUID: series)
  }
}

extension DueQuery {
  /// The ways to ask for it alone, the surest first.
  func alone(relational: Bool) -> [InstanceQuery] {
    let inSeries = SeriesKey(self).map { [$0.query(for: [sop.instanceUID])] } ?? []
    return inSeries + (relational ? [InstanceQuery(sopInstanceUIDs: [sop.instanceUID])] : [])
  }

  /// With what is known of the levels above.
  fileprivate var barely: InstanceQuery {
    InstanceQuery(
      sopInstanceUIDs: [sop.instanceUID], studyInstanceUID: studyInstanceUID, seriesInstanceUID: seriesInstanceUID)
  }
}
