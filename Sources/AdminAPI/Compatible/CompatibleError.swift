import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// An error as the reference system answers it, for scripts that were written for that.
struct CompatibleError: Error {
  var code: Code
  var details: String?
  /// Instead of the code's own, where the answer is better than the reference's.
  var status: HTTPResponse.Status?
  /// What goes on although the request is answered so.
  var more: [String: JSONValue] = [:]

  init(_ code: Code, _ details: String? = nil, status: HTTPResponse.Status? = nil, more: [String: JSONValue] = [:]) {
    self.code = code
    self.details = details
    self.status = status
    self.more = more
  }

  /// The reference's numbers.
  enum Code: Int, Sendable {
    case internalError = -1
    case parameterOutOfRange = 3
    case badParameterType = 5
    case badSequenceOfCalls = 6
    case inexistentItem = 7
    case badRequest = 8
    case network = 9
    case badFileFormat = 15
    case unknownResource = 17
    case fullStorage = 38

    var message: String {
      switch self {
      case .internalError: "Internal error"
      case .parameterOutOfRange: "Parameter out of range"
      case .badParameterType: "Bad type for a parameter"
      case .badSequenceOfCalls: "Bad sequence of calls"
      case .inexistentItem: "Accessing an inexistent item"
      case .badRequest: "Bad request"
      case .network: "Error in the network protocol"
      case .badFileFormat: "Bad file format"
      case .unknownResource: "Unknown resource"
      case .fullStorage: "The file storage is full"
      }
    }

    var status: HTTPResponse.Status {
      switch self {
      case .internalError, .badSequenceOfCalls, .network: .internalServerError
      case .parameterOutOfRange, .badParameterType, .badRequest, .badFileFormat: .badRequest
      case .inexistentItem, .unknownResource: .notFound
      case .fullStorage: .init(code: 507, reasonPhrase: "Insufficient Storage")
      }
    }
  }

  func response(to request: Request) throws -> Response {
    let status = status ?? code.status
    var body: [String: JSONValue] = [
      "HttpError": .string(status.reasonPhrase), "HttpStatus": .int(status.code), "Message": .string(code.message),
      "Method": .string(request.method.rawValue), "OrthancError": .string(code.message),
      "OrthancStatus": .int(code.rawValue), "Uri": .string(request.uri.path),
    ]
    if let details { body["Details"] = .string(details) }
    return try JSON.response(JSONValue.object(body.merging(more) { $1 }), status: status)
  }
}

/// An answer without a body.
struct EmptyAnswer: Error {
  var status: HTTPResponse.Status
  var headers: HTTPFields = [:]

  var response: Response { Response(status: status, headers: headers) }
}

/// JSON of any shape.
enum JSONValue: Sendable, Equatable, Encodable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .int(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }

  /// Reads a whole text of JSON, also one that is only a text or a number; nil when it is none.
  init?(_ bytes: Data) {
    guard let value = try? JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed) else { return nil }
    self.init(value)
  }

  private init(_ value: Any) {
    switch value {
    case let text as String: self = .string(text)
    case let items as [Any]: self = .array(items.map { JSONValue($0) })
    case let object as [String: Any]: self = .object(object.mapValues { JSONValue($0) })
    case let number as NSNumber:
      if CFBoolean.isBoolean(number) {
        self = .bool(number.boolValue)
      } else if let whole = Int(exactly: number.doubleValue) {
        self = .int(whole)
      } else {
        self = .double(number.doubleValue)
      }
    default: self = .null
    }
  }

  subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var items: [JSONValue]? { if case .array(let items) = self { items } else { nil } }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

private enum CFBoolean {
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
