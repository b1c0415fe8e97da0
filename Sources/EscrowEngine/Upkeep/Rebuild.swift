import DICOM
package import EscrowCore
package import EscrowSpool

/// Fills an empty ledger from what the spool's files say of themselves.
///
/// Every instance is marked `recovered`, and pinned until an operator confirms that its copy may go: what was decided
/// about it before is not known. Files are never changed or removed.
package struct Rebuild: Sendable {
  /// What became of the files.
  package struct Summary: Sendable, Equatable {
    /// Instances that are on their way again.
    package var routed = 0
    /// Instances that no route takes.
    package var held = 0
    /// Of both, those that conflict with another content of the same SOP Instance UID.
    package var conflicted = 0
    /// Files whose bytes another file has as well; they are left for the next start.
    package var repeated = 0
    /// Files that cannot be used, with the reason; they are left where they are.
    package var unusable: [Unusable] = []

    package struct Unusable: Sendable, Equatable {
      package var file: InstanceID
      package var reason: String
    }
  }

  private let spool: Spool
  private let ledger: any Ledger
  private let routes: RouteTable
  private let pool: IOThreads
  private let clock: EngineClock

  /// So many files are read, and then taken in together: they share the ledger's flushes.
  private static let batch = 64

  package init(
    of spool: Spool, into ledger: any Ledger, routes: RouteTable, pool: IOThreads, clock: EngineClock = .system
  ) {
    self.spool = spool
    self.ledger = ledger
    self.routes = routes
    self.pool = pool
    self.clock = clock
  }

  /// Takes in all `files`.
  ///
  /// - Parameter progress: told now and then how many are done.
  package func run(_ files: FileNames, progress: (Int) -> Void) async throws -> Summary {
    var summary = Summary()
    for start in stride(from: 0, to: files.count, by: Self.batch) {
      let batch = Array(files[start..<min(start + Self.batch, files.count)])
      let instances = try await read(batch, into: &summary)
      for result in try await admit(instances) { count(result, in: &summary) }
      progress(start + batch.count)
    }
    return summary
  }

  private func read(_ files: [InstanceID], into summary: inout Summary) async throws -> [ReceivedInstance] {
    let readings = try await withThrowingTaskGroup(of: (InstanceID, StrayFile.Reading).self) { group in
      for file in files {
        let stray = StrayFile(id: file, spool: spool, routes: routes)
        group.addTask { (file, try await pool.runIfActive { try stray.read() }) }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
    }
    return readings.compactMap { file, reading in
      switch reading {
      case .whole(let instance): return instance
      case .unusable(let reason), .unreadable(let reason):
        summary.unusable.append(.init(file: file, reason: reason))
        return nil
      }
    }
  }

  private struct Result: Sendable {
    let admission: AdmissionResult
    let isHeld: Bool
  }

  /// Those of one SOP Instance UID in the order of their arrival, the others at once.
  private func admit(_ instances: [ReceivedInstance]) async throws -> [Result] {
    try await withThrowingTaskGroup(of: [Result].self) { group in
      for same in Dictionary(grouping: instances, by: \.sop.instanceUID).values {
        group.addTask {
          var results: [Result] = []
          for instance in same { results.append(try await admit(instance)) }
          return results
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private func admit(_ instance: ReceivedInstance) async throws -> Result {
    let now = clock.now()
    var admission = instance.admission(by: routes)
    admission.pin = "its record was made anew from its file on \(now.rfc3339.prefix(10)), confirm that the copy may go"
    return Result(
      admission: try await ledger.admit(admission, now: now), isHeld: admission.plan.deliveries.isEmpty)
  }

  private func count(_ result: Result, in summary: inout Summary) {
    switch result.admission {
    case .admitted(let isConflicted):
      if result.isHeld { summary.held += 1 } else { summary.routed += 1 }
      if isConflicted { summary.conflicted += 1 }
    case .known, .replaced, .looped: summary.repeated += 1
    }
  }
}
