import DICOM
package import EscrowCore

extension RoutingInput {
  /// What the routes would be given of a Part 10 file that came from `source`.
  package init(part10 bytes: [UInt8], source: Source, routes: RouteTable) throws {
    let (meta, offset) = try FileMeta.decode(bytes)
    var reader = HeaderReader(
      transferSyntax: meta.transferSyntax, wanted: ReceivedInstance.wantedTags(for: routes))
    bytes.withUnsafeBytes { reader.read(UnsafeRawBufferPointer(rebasing: $0.dropFirst(offset))) }
    self.init(
      header: reader.finish(), source: source,
      sop: meta.sopInstance ?? SOPInstance(classUID: "", instanceUID: ""), transferSyntax: meta.transferSyntax.uid)
  }

  init(header: Header, source: Source, sop: SOPInstance, transferSyntax: UID) {
    var values: [Tag: [String]] = [:]
    for tag in header.elements.keys {
      // Of what has no text, routes can ask only whether it is there.
      values[tag] = header.strings(tag) ?? (header.hasValue(tag) ? ["present"] : [])
    }
    self.init(
      source: source, sop: sop, transferSyntax: transferSyntax, attributes: values,
      unreadable: { if case .unreadable = header.condition { true } else { false } }())
  }
}
