/// A place in a file; lines and columns count from 1, columns in Unicode scalars. Both are 0 for a file as a whole.
package struct Position: Hashable, Sendable, Comparable {
  package var file: String
  package var line: Int
  package var column: Int

  package init(file: String, line: Int = 1, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// A file as a whole, such as one that cannot be read.
  package init(wholeFile file: String) { self.init(file: file, line: 0, column: 0) }

  /// By line and column within one file.
  package static func < (left: Position, right: Position) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// Something that is wrong, or at least doubtful, in the configuration: where, what, and what to do about it.
package struct Problem: Hashable, Sendable, CustomStringConvertible {
  package enum Severity: String, Sendable {
    case error
    case warning
  }

  package var severity: Severity
  package var position: Position
  package var text: String

  package init(_ severity: Severity, at position: Position, _ text: String) {
    self.severity = severity
    self.position = position
    self.text = text
  }

  package var file: String { position.file }
  package var line: Int { position.line }
  package var column: Int { position.column }

  /// `file:line:column: error: text`, as editors understand it; of a file as a whole without line and column.
  package var description: String {
    line == 0 ? "\(file): \(severity): \(text)" : "\(file):\(line):\(column): \(severity): \(text)"
  }
}

/// Why a configuration cannot be used: everything that is wrong with it, at once.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  /// In the order of files, lines and columns; at least one.
  package let problems: [Problem]

  package init(problems: [Problem]) { self.problems = problems }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
