/// A rule that a ledger broke.
package struct LedgerCaseFailure: Error, CustomStringConvertible {
  /// Where it was found, what was expected, and what was found.
  package let description: String

  init(_ text: String, file: StaticString, line: UInt) { description = "\(file):\(line): \(text)" }
}

/// Throws unless `found` is what was `expected`.
func expect<T: Equatable>(
  _ found: T, _ expected: T, _ note: String = "", file: StaticString = #fileID, line: UInt = #line
) throws {
  guard found != expected else { return }
  let note = note.isEmpty ? "" : "\(note): "
  throw LedgerCaseFailure("\(note)expected \(expected), found \(found)", file: file, line: line)
}

/// The value, or throws when there is none.
func require<T>(_ found: T?, _ note: String = "", file: StaticString = #fileID, line: UInt = #line) throws -> T {
  guard let found else {
    throw LedgerCaseFailure("\(note.isEmpty ? "" : "\(note): ")expected \(T.self), found nil", file: file, line: line)
  }
  return found
}

/// Throws unless `body` throws what was `expected`.
func expect<E: Error & Equatable>(
  _ expected: E, file: StaticString = #fileID, line: UInt = #line, from body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch let error as E where error == expected { return }
  throw LedgerCaseFailure("expected the error \(expected), found none", file: file, line: line)
}
