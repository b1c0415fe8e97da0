/// Rows that keep their numbers when others go: the index of a row is its number, and no number is given twice.
struct NumberedRows<Element: Sendable & Equatable>: Sendable, Equatable {
  private var slots: [Element?] = []

  private func isTaken(_ index: Int) -> Bool { if case .some = slots[index] { true } else { false } }

  mutating func append(_ element: Element) { slots.append(element) }

  /// The row goes; its number stays unused.
  mutating func remove(at index: Int) { slots[index] = nil }
}

extension NumberedRows: BidirectionalCollection, MutableCollection {
  var startIndex: Int { next(from: 0) }
  var endIndex: Int { slots.endIndex }

  func index(after index: Int) -> Int { next(from: index + 1) }

  func index(before index: Int) -> Int { slots[..<index].indices.last(where: isTaken) ?? index - 1 }

  private func next(from index: Int) -> Int { slots[index...].indices.first(where: isTaken) ?? endIndex }

  subscript(index: Int) -> Element {
    get {
      guard let element = slots[index] else { preconditionFailure("row \(index) is gone") }
      return element
    }
    set { slots[index] = newValue }
  }
}

extension NumberedRows: ExpressibleByArrayLiteral {
  init(arrayLiteral elements: Element...) { slots = elements }
}
