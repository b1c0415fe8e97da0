package import DICOM

/// What the routes are given of one instance.
package struct RoutingInput: Sendable {
  package var source: Source
  package var sop: SOPInstance
  package var transferSyntax: UID
  /// The depth-0 attributes that were read, values as text, backslash-separated ones apart. A present but empty
  /// attribute has no values.
  package var attributes: [Tag: [String]]
  /// The header could not be read; only conditions on what the association told can match.
  package var unreadable: Bool

  package init(
    source: Source, sop: SOPInstance, transferSyntax: UID, attributes: [Tag: [String]], unreadable: Bool = false
  ) {
    self.source = source
    self.sop = sop
    self.transferSyntax = transferSyntax
    self.attributes = attributes
    self.unreadable = unreadable
  }

  /// What groups it: its study, or itself when that is not known.
  var study: UID { attributes[.studyInstanceUID]?.first.map { UID($0) } ?? sop.instanceUID }
}
