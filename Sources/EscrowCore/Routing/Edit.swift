package import DICOM

/// What a route does to one attribute of the copies it sends: on their way, never in the spool.
package struct Edit: Sendable, Hashable, Codable {
  /// The keyword of PS3.6.
  package var keyword: String
  package var change: Change

  package enum Change: Sendable, Hashable, Codable {
    case remove
    /// Several values are separated by backslashes.
    case set(String)
    /// Every match of a regular expression in each value becomes a text, in which `$1` is what its first group found.
    case replace(pattern: String, ignoresCase: Bool, by: String)
  }

  package init(_ keyword: String, _ change: Change) {
    self.keyword = keyword
    self.change = change
  }

  package var tag: Tag? { DataDictionary.tag(keyword: keyword) }
}

extension [Edit] {
  /// The edits as a data set's passage wants them.
  ///
  /// Throws ``EditingError/malformed(_:)`` when one was written by another version and means nothing here: what should
  /// be edited must not leave unedited.
  package func compiled() throws(EditingError) -> [Tag: DataSetEdit] {
    var edits: [Tag: DataSetEdit] = [:]
    for edit in self {
      guard let tag = edit.tag else { throw .malformed("`\(edit.keyword)` is no attribute") }
      edits[tag] = try edit.change.compiled()
    }
    return edits
  }
}

extension Edit.Change {
  fileprivate func compiled() throws(EditingError) -> DataSetEdit {
    switch self {
    case .remove: return .remove
    case .set(let text): return .set(text)
    case .replace(let pattern, let ignoresCase, let replacement):
      guard let expression = try? RegularExpression(pattern, ignoresCase: ignoresCase) else {
        throw .malformed("/\(pattern)/ is no regular expression")
      }
      return .rewrite { text throws(EditingError) in
        guard let replaced = expression.replace(in: text, by: replacement) else { throw .gaveUp("/\(pattern)/") }
        return replaced
      }
    }
  }
}
