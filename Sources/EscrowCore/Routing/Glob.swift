/// A text with wildcards: `*` is any number of characters, `?` is one; a backslash takes the next one literally.
package struct Glob: Sendable, Equatable {
  private enum Element: Equatable {
    case character(Unicode.Scalar)
    case any
    case anyNumber
  }

  private let elements: [Element]

  package init(_ text: String) {
    var elements: [Element] = []
    var escaped = false
    for scalar in text.unicodeScalars {
      switch scalar {
      case _ where escaped: elements.append(.character(scalar))
      case "\\": break
      case "*": elements.append(.anyNumber)
      case "?": elements.append(.any)
      default: elements.append(.character(scalar))
      }
      escaped = scalar == "\\" && !escaped
    }
    self.elements = elements
  }

  /// The text itself when there is no wildcard in it.
  package var literal: String? {
    var text = String.UnicodeScalarView()
    for element in elements {
      guard case .character(let scalar) = element else { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  /// Whether the whole of `text` fits, in time bounded by the product of both lengths.
  package func matches(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    var position = scalars.startIndex
    var next = elements.startIndex
    var lastStar: (element: Int, position: String.Index)?
    while position < scalars.endIndex {
      if next < elements.endIndex, elements[next] == .anyNumber {
        lastStar = (next, position)
        next += 1
      } else if next < elements.endIndex, elements[next] == .any || elements[next] == .character(scalars[position]) {
        next += 1
        position = scalars.index(after: position)
      } else if let star = lastStar {
        let retry = scalars.index(after: star.position)
        lastStar = (star.element, retry)
        next = star.element + 1
        position = retry
      } else {
        return false
      }
    }
    return elements[next...].allSatisfy { $0 == .anyNumber }
  }
}
