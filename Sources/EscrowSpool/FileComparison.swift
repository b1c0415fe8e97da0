package import EscrowCore

/// The files of a spool against what a ledger expects, both in the order of their names: one step through each, so
/// that neither is held in memory as more than its names.
package struct FileComparison {
  private let files: FileNames
  private var position = 0
  private var strays: [UInt128] = []

  package init(_ files: FileNames) { self.files = files }

  /// Compares the next of what the ledger expects. Returns those whose file is not there.
  ///
  /// - Parameter expected: in the order of their names, and after those of the last call.
  package mutating func missing(of expected: [ExpectedFile]) -> [ExpectedFile] {
    expected.filter { !isThere($0.file.compact) }
  }

  /// The files that nothing expected, once all expectations were compared.
  package mutating func finish() -> FileNames {
    skip { _ in true }
    return FileNames(strays)
  }

  private mutating func isThere(_ name: UInt128) -> Bool {
    skip { $0 < name }
    guard position < files.count, files.values[position] == name else { return false }
    position += 1
    return true
  }

  /// Passes over files that nothing expects.
  private mutating func skip(while isStray: (UInt128) -> Bool) {
    while position < files.count, isStray(files.values[position]) {
      strays.append(files.values[position])
      position += 1
    }
  }
}
