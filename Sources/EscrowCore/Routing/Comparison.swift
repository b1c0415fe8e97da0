/// A comparison in a condition: `>=512`, `<2026-01-01`, `<018Y`. How values are put in order is told by the
/// attribute's VR (PS3.5 §6.2).
package struct Comparison: Sendable, Equatable {
  package enum Relation: String, Sendable, CaseIterable {
    case atMost = "<="
    case less = "<"
    case atLeast = ">="
    case more = ">"

    func holds(_ left: Double, _ right: Double) -> Bool {
      switch self {
      case .atMost: left <= right
      case .less: left < right
      case .atLeast: left >= right
      case .more: left > right
      }
    }
  }

  package enum Invalid: Error, Equatable {
    /// The attribute's values have no order.
    case unordered
    case malformed(String, Scale)
  }

  package let relation: Relation
  package let scale: Scale
  private let bound: Double

  /// - Parameter text: with its sign.
  package init(_ text: Substring, on scale: Scale?) throws(Invalid) {
    guard let scale else { throw .unordered }
    guard let relation = Relation.allCases.first(where: { text.hasPrefix($0.rawValue) }) else { throw .unordered }
    let value = text.dropFirst(relation.rawValue.utf8.count).drop { $0 == " " }
    guard let bound = scale.place(of: String(value)) else { throw .malformed(String(value), scale) }
    self.relation = relation
    self.scale = scale
    self.bound = bound
  }

  /// Whether a value of an instance fits; one that is not what its VR says does not.
  func matches(_ value: String) -> Bool {
    scale.place(of: value).map { relation.holds($0, bound) } ?? false
  }
}

extension Comparison.Invalid: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unordered:
      "only numbers, dates, times and ages can be compared; a text that begins with `<` or `>` is written `\\<`"
    case .malformed(let text, let scale): "`\(text)` is not \(scale.example), with which its values are compared"
    }
  }
}
