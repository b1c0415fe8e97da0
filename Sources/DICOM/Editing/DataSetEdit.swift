/// What is done to one attribute of the top level of a data set on its way.
public enum DataSetEdit: Sendable {
  /// It is left out.
  case remove
  /// It has this value, whether it was there or not: several values are separated by backslashes, numbers are in decimal.
  case set(String)
  /// Each of its values becomes another, if it is there.
  case rewrite(@Sendable (String) throws(EditingError) -> String)
}

/// Why a data set cannot be edited.
public enum EditingError: Error, Equatable, Sendable {
  /// The bytes are no data set of the transfer syntax; what is wrong and where.
  case malformed(String)
  /// The bytes end inside an element.
  case truncated
  /// The data set's character set has no way to write the new value.
  case notWritable(Tag, value: String, characterSet: String)
  /// The new value is none of the attribute's VR, or longer than its header can say.
  case unfit(Tag, value: String)
  /// A value is longer than is looked at; in bytes.
  case tooLong(Tag, limit: Int)
  /// A regular expression reached its limits.
  case gaveUp(String)
}

extension EditingError: CustomStringConvertible {
  /// One line for logs and for people.
  public var description: String {
    switch self {
    case .malformed(let text): "not a data set: \(text)"
    case .truncated: "the data set ends inside an element"
    case .notWritable(let tag, let value, let characterSet):
      "\(tag.title) cannot be \"\(value)\": the data set's character set (\(characterSet)) has no such characters"
    case .unfit(let tag, let value): "\(tag.title) cannot be \"\(value.prefix(64))\": that is no value of its VR"
    case .tooLong(let tag, let limit): "\(tag.title) is longer than \(limit) bytes, which are not looked through"
    case .gaveUp(let pattern): "\(pattern) reached its limit"
    }
  }
}

extension Tag {
  /// `InstitutionName (0008,0080)`, for people; of what is in no registry, the number only.
  fileprivate var title: String { DataDictionary.keyword(of: self).map { "\($0) \(self)" } ?? description }
}
