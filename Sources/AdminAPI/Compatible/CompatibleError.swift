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
