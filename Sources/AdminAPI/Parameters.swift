import DICOM
import EscrowCore
import Hummingbird

/// Values separated by commas, each of which must be one of an enumeration's.
func parsed<Value: RawRepresentable<String> & CaseIterable & Hashable>(
  _ texts: [String], as type: Value.Type, parameter: String
) throws(ProblemDetails) -> Set<Value> {
  var values: Set<Value> = []
  for text in texts {
    guard let value = Value(rawValue: text) else {
      let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw .badRequest("\(parameter): \(text) is not one of \(known)")
    }
    values.insert(value)
  }
  return values
}

extension Request {
  /// The query parameters that a route knows; an unknown one is refused, so that a typing error is not ignored.
  func query(allowing names: Set<String>) throws(ProblemDetails) -> [String: String] {
    var values: [String: String] = [:]
    for (name, value) in uri.queryParameters {
      guard names.contains(String(name)) else {
        throw .badRequest("unknown parameter \(name); known are \(names.sorted().joined(separator: ", "))")
      }
      values[String(name)] = String(value)
    }
    return values
  }

  /// `limit` (1 to 1000, default 100) and `cursor`.
  static func page(_ query: [String: String]) throws(ProblemDetails) -> PageRequest {
    guard let limit = Int(query["limit"] ?? "100"), (1...1000).contains(limit) else {
      throw .badRequest("limit must be a number from 1 to 1000")
    }
    return PageRequest(cursor: query["cursor"], limit: limit)
  }
}

extension Dictionary where Key == String, Value == String {
  /// A parameter's values, separated by commas.
  func list(_ name: String) -> [String]? { self[name]?.split(separator: ",").map(String.init) }
}
