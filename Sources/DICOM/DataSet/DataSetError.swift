/// Why bytes are no data set that can be held in memory.
public enum DataSetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// More bytes than allowed.
  case tooLong(bytes: Int, limit: Int)
  /// More items in all its sequences than allowed.
  case tooManyItems(limit: Int)
  /// More elements at all levels than allowed.
  case tooManyElements(limit: Int)
  /// Sequences nested deeper than allowed.
  case tooDeep(limit: Int)
  /// The bytes end inside an element, or an element is longer than what holds it.
  case truncated(tag: Tag?, offset: Int)
  /// An item or delimiter stands where none may be, or another element where one is due.
  case misplaced(tag: Tag, offset: Int)
  /// The deflated stream is damaged or incomplete.
  case badDeflation

  public var description: String {
    switch self {
    case .tooLong(let bytes, let limit): "the data set has \(bytes) bytes or more; at most \(limit) are read"
    case .tooManyItems(let limit): "the data set has more than \(limit) items"
    case .tooManyElements(let limit): "the data set has more than \(limit) elements"
    case .tooDeep(let limit): "sequences are nested deeper than \(limit)"
    case .truncated(let tag?, let offset): "the value of \(tag) at byte \(offset) ends beyond its data set"
    case .truncated(nil, let offset): "the data set ends inside the element header at byte \(offset)"
    case .misplaced(let tag, let offset): "\(tag) at byte \(offset) is out of place"
    case .badDeflation: "the deflated data set is damaged"
    }
  }
}
