import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Adds routes that answer a method they do not have with 405 and the list of those they have.
struct CompatibleRouting<Context: RequestContext> {
  typealias Handler = @Sendable (Request, Context) async throws -> Response

  private let router: Router<Context>

  init(_ router: Router<Context>) { self.router = router }

  func add(
    _ path: String, get: Handler? = nil, post: Handler? = nil, put: Handler? = nil, delete: Handler? = nil
  ) {
    let known: [(HTTPRequest.Method, Handler?)] = [(.get, get), (.post, post), (.put, put), (.delete, delete)]
    let allowed = known.filter { $0.1 != nil }.map(\.0.rawValue).joined(separator: ",")
    for (method, handler) in known {
      router.on(RouterPath(path), method: method) { request, context in
        guard let handler else { throw EmptyAnswer(status: .methodNotAllowed, headers: [.allow: allowed]) }
        return try await handler(request, context)
      }
    }
  }
}

extension Request {
  /// The whole body, at most 16 MiB.
  func wholeBody() async throws -> Data {
    Data(try await body.collect(upTo: 16 * 1024 * 1024).readableBytesView)
  }

  /// Whether a parameter is there, with or without a value.
  func has(_ name: String) -> Bool { uri.queryParameters[Substring(name)] != nil }
}

extension JSON {
  /// An answer as the reference gives it.
  static func compatible(_ value: JSONValue) throws -> Response {
    try response(value, contentType: "application/json; charset=utf-8")
  }
}

extension JSONValue {
  /// A field that must be true or false; nil when it is absent.
  func boolean(_ name: String) throws(CompatibleError) -> Bool? {
    guard let value = self[name] else { return nil }
    guard case .bool(let flag) = value else {
      throw CompatibleError(.badFileFormat, "Boolean value expected in field: \(name)")
    }
    return flag
  }

  /// A field that must be a whole number; nil when it is absent.
  func integer(_ name: String) throws(CompatibleError) -> Int? {
    guard let value = self[name] else { return nil }
    guard case .int(let number) = value else {
      throw CompatibleError(.badFileFormat, "Integer value expected in field: \(name)")
    }
    return number
  }

  /// A field that must be a whole number of at least 0; nil when it is absent.
  func unsigned(_ name: String) throws(CompatibleError) -> Int? {
    guard let value = self[name] else { return nil }
    guard case .int(let number) = value, number >= 0 else {
      throw CompatibleError(.badFileFormat, "Unsigned integer value expected in field: \(name)")
    }
    return number
  }

  /// A field that must be a text; nil when it is absent.
  func text(_ name: String) throws(CompatibleError) -> String? {
    guard let value = self[name] else { return nil }
    guard let text = value.string else {
      throw CompatibleError(.badFileFormat, "String value expected in field: \(name)")
    }
    return text
  }
}
