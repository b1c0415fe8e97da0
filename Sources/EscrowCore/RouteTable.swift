package import DICOM

/// All routes, compiled: a pure function from what is known of an instance to what happens to it.
package struct RouteTable: Sendable {
  package var routes: [Route]

  package init(routes: [Route]) { self.routes = routes }
}

/// One route file.
package struct Route: Sendable {
  package var name: String

  package init(name: String) { self.name = name }
}

/// What the routes are given of one instance.
package struct RoutingInput: Sendable {
  package var source: Source
  package var sop: SOPInstance
  package var transferSyntax: UID
  /// The depth-0 attributes that were read, values as text, backslash-separated ones apart. A present but empty
  /// attribute has no values.
  package var attributes: [Tag: [String]]
  /// The header could not be read; only conditions on the association can match.
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
}
