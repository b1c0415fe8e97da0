/// The text of a file, addressed by line and column as YAML counts them.
struct SourceText {
  private var scalars: [Unicode.Scalar]
  private let lineStarts: [Int]

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    var starts = [0]
    for (index, scalar) in scalars.enumerated() {
      let isLineFeed = index + 1 < scalars.count && scalars[index + 1] == "\n"
      switch scalar {
      case "\r" where isLineFeed: continue
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": starts.append(index + 1)
      default: continue
      }
    }
    self.scalars = scalars
    lineStarts = starts
  }

  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The character at a place; nil outside of the text.
  subscript(line: Int, column: Int) -> Unicode.Scalar? {
    index(line, column).map { scalars[$0] }
  }

  mutating func replace(line: Int, column: Int, with scalar: Unicode.Scalar) {
    if let index = index(line, column) { scalars[index] = scalar }
  }

  /// The text with something at the beginning of a line or in it; after the last line, on one of its own.
  func inserting(_ text: String, line: Int, column: Int) -> String {
    guard lineStarts.indices.contains(line - 1) else {
      return scalars.last == "\n" ? string + text : string + "\n" + text
    }
    var view = String.UnicodeScalarView()
    let index = lineStarts[line - 1] + column - 1
    view.append(contentsOf: scalars[..<index])
    view.append(contentsOf: text.unicodeScalars)
    view.append(contentsOf: scalars[index...])
    return String(view)
  }

  private func index(_ line: Int, _ column: Int) -> Int? {
    guard lineStarts.indices.contains(line - 1) else { return nil }
    let index = lineStarts[line - 1] + column - 1
    return scalars.indices.contains(index) ? index : nil
  }

  /// The place of the byte at `offset` of UTF-8 text.
  static func place(of offset: Int, in bytes: some Collection<UInt8>) -> (line: Int, column: Int) {
    let before = String(decoding: bytes.prefix(offset), as: UTF8.self).unicodeScalars
    let line = before.split(separator: "\n", omittingEmptySubsequences: false)
    return (line.count, (line.last?.count ?? 0) + 1)
  }
}
