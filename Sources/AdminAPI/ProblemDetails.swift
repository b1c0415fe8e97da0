import EscrowConfiguration
import EscrowEngine
import Foundation
package import HTTPTypes
package import Hummingbird
import NIOCore

/// An error as the API answers it (RFC 9457): what is wrong and what to do.
package struct ProblemDetails: Error, Codable, Sendable, HTTPResponseError {
  package var title: String
  package var statusCode: Int
  package var detail: String
  /// What is wrong with the configuration, in order; only in answers to a reload.
  package var problems: [ProblemBody]?

  private enum CodingKeys: String, CodingKey {
    case title
    case statusCode = "status"
    case detail
    case problems
  }

  package var status: HTTPResponse.Status { HTTPResponse.Status(code: statusCode) }

  package func response(from request: Request, context: some RequestContext) throws -> Response {
    try JSON.response(self, status: status, contentType: "application/problem+json")
  }

  /// Of the answer to a request that names a peer that is not configured.
  package static let unknownDestinationTitle = "Unknown destination"

  static func badRequest(_ detail: String) -> ProblemDetails {
    ProblemDetails(title: "Bad request", statusCode: 400, detail: detail)
  }

  static func notFound(_ detail: String) -> ProblemDetails {
    ProblemDetails(title: "Not found", statusCode: 404, detail: detail)
  }

  static func conflict(_ detail: String) -> ProblemDetails {
    ProblemDetails(title: "Conflict", statusCode: 409, detail: detail)
  }

  static func forbidden(_ detail: String) -> ProblemDetails {
    ProblemDetails(title: "Forbidden", statusCode: 403, detail: detail)
  }

  static func unavailable(_ detail: String) -> ProblemDetails {
    ProblemDetails(title: "Service unavailable", statusCode: 503, detail: detail)
  }

  static func failure(_ detail: String) -> ProblemDetails {
    ProblemDetails(title: "Internal error", statusCode: 500, detail: detail)
  }

  /// What a submission's error means to the caller.
  init(_ error: SubmissionError) {
    self =
      switch error {
      case .unknownDestination:
        ProblemDetails(title: Self.unknownDestinationTitle, statusCode: 404, detail: "\(error)")
      case .cannotReport, .looped: .conflict("\(error)")
      case .noRoom: ProblemDetails(title: "Insufficient storage", statusCode: 507, detail: "\(error)")
      case .maintenance: .unavailable("\(error)")
      case .noReferences, .notDICOM: .badRequest("\(error)")
      }
  }

  /// A configuration that is wrong.
  init(_ error: ConfigurationError) {
    self.init(
      title: "Configuration not valid", statusCode: 422,
      detail: "nothing was changed, what was in force stays:\n\(error)")
    problems = error.problems.map { ProblemBody($0) }
  }

  init(title: String, statusCode: Int, detail: String) {
    self.title = title
    self.statusCode = statusCode
    self.detail = detail
  }
}

/// JSON responses.
enum JSON {
  static func response(
    _ body: some Encodable, status: HTTPResponse.Status = .ok, contentType: String = "application/json"
  ) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(body)
    return Response(
      status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  /// A request's body as JSON, at most 16 MiB; throws what to mend.
  ///
  /// - Parameter keys: all keys that are known, those of inner objects as `outer.inner`. Another one is refused, so
  ///   that a typing error is not ignored.
  static func body<Body: Decodable>(
    _ type: Body.Type, of request: Request, keys: Set<String>
  ) async throws -> Body {
    let bytes = try await request.body.collect(upTo: 16 * 1024 * 1024)
    // What needs nothing may be asked for with nothing.
    let data = bytes.readableBytes == 0 ? Data("{}".utf8) : Data(bytes.readableBytesView)
    do {
      let body = try JSONDecoder().decode(type, from: data)
      try refuseOthers(than: keys, in: JSONSerialization.jsonObject(with: data), path: "")
      return body
    } catch let error as DecodingError {
      throw ProblemDetails.badRequest(error.explanation(of: data))
    }
  }

  private static func refuseOthers(than keys: Set<String>, in value: Any, path: String) throws(ProblemDetails) {
    if let list = value as? [Any] {
      for item in list { try refuseOthers(than: keys, in: item, path: path) }
    }
    guard let object = value as? [String: Any] else { return }
    for (key, inner) in object {
      let name = path.isEmpty ? key : "\(path).\(key)"
      guard keys.contains(name) else {
        let known = keys.sorted().joined(separator: ", ")
        throw .badRequest("unknown key \(name.escaped); known are \(known)")
      }
      try refuseOthers(than: keys, in: inner, path: name)
    }
  }
}
