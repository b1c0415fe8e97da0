import DICOM
package import EscrowCore
import EscrowSpool

/// Tries routes that are not in force on the instances that are on record. Changes nothing.
///
/// Of what is still in the spool the header is read again; of what is gone the ledger has the association, the class
/// and a few attributes. What depends on more is told as such, never guessed.
package struct RouteReplay: Sendable {
  private let context: EngineContext
  private let routes: RouteTable

  /// - Parameter routes: those to try.
  package init(_ routes: RouteTable, in context: EngineContext) {
    self.routes = routes
    self.context = context
  }

  /// Tries them on up to `limit` instances that follow `id` in the order of their receipt.
  package func page(after id: InstanceID, limit: Int) async throws -> ReplayPage {
    let records = try await context.ledger.instances(after: id, limit: limit)
    var page = ReplayPage(routes: routes.routes.map(\.name))
    for record in records {
      guard !context.isDraining else { throw CancellationError() }
      page.add(record, try await outlook(for: record.instance))
    }
    page.next = records.count == limit ? records.last?.instance.id : nil
    return page
  }

  private func outlook(for instance: Instance) async throws -> RoutingOutlook {
    let wanted = ReceivedInstance.wantedTags(for: routes)
    if instance.state.hasFile,
      let header = try await context.pool.runIfActive({
        try? StoredInstance(instance, in: context).header(wanted: wanted)
      })
    {
      return routes.outlook(for: instance.routingInput(header), without: [])
    }
    let recorded = instance.recordedAttributes
    let input = RoutingInput(
      source: instance.source, sop: instance.sop, transferSyntax: instance.transferSyntax, attributes: recorded)
    return routes.outlook(for: input, without: wanted.subtracting(recorded.keys))
  }
}

extension Instance {
  /// The attributes that are on record for certain, none with an empty value where it had none.
  fileprivate var recordedAttributes: [Tag: [String]] {
    var found: [Tag: [String]] = [
      .sopClassUID: [sop.classUID.rawValue], .sopInstanceUID: [sop.instanceUID.rawValue],
    ]
    // Without either its header was not understood, and that nothing else is on record means nothing.
    guard attributes.studyInstanceUID != nil || attributes.seriesInstanceUID != nil else { return found }
    found[.studyInstanceUID] = attributes.studyInstanceUID.map { [$0.rawValue] } ?? []
    found[.seriesInstanceUID] = attributes.seriesInstanceUID.map { [$0.rawValue] } ?? []
    let texts: [(Tag, String?)] = [
      (.patientID, attributes.patientID), (.accessionNumber, attributes.accessionNumber),
      (.modality, attributes.modality), (.studyDate, attributes.studyDate),
    ]
    for (tag, text) in texts where (text?.count ?? 0) < InstanceAttributes.longest {
      found[tag] = text?.split(separator: "\\", omittingEmptySubsequences: false).map(String.init) ?? []
    }
    return found
  }
}
