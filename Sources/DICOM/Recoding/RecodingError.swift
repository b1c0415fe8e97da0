/// Why a data set cannot be written in another transfer syntax.
public enum RecodingError: Error, Equatable, Sendable {
  /// No way leads from one to the other without a codec.
  case unsupported(from: TransferSyntax, to: TransferSyntax)
  /// The bytes are no data set of the transfer syntax; what is wrong and where.
  case malformed(String)
  /// The bytes end inside an element.
  case truncated
  /// Pixel data is in fragments, though the transfer syntax has none.
  case encapsulated
  /// Sequences are nested deeper than this.
  case tooDeep(limit: Int)
  /// A deflated data set grows beyond this many bytes.
  case tooLong(limit: Int)
  /// A number's VR is not known, so that its byte order cannot be changed.
  case unknownRepresentation(Tag)
}

extension RecodingError: CustomStringConvertible {
  /// One line for logs and for people.
  public var description: String {
    switch self {
    case .unsupported(let from, let to): "\(from) cannot be written as \(to) without a codec"
    case .malformed(let text): "not a data set: \(text)"
    case .truncated: "the data set ends inside an element"
    case .encapsulated: "the pixel data is in fragments where it should be plain"
    case .tooDeep(let limit): "sequences are nested deeper than \(limit)"
    case .tooLong(let limit): "the inflated data set is longer than \(limit) bytes"
    case .unknownRepresentation(let tag): "the VR of \(tag) is unknown, so its byte order cannot be changed"
    }
  }
}
