import EscrowCore
import EscrowEngine
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Lets through only requests that were meant for this server: against DNS rebinding and foreign pages.
struct HostAndOriginCheck<Context: RequestContext>: RouterMiddleware {
  /// Host names, without port, by which this server may be addressed.
  let hosts: Set<String>

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let authority = request.head.authority, hosts.contains(Self.hostName(authority)) else {
      throw ProblemDetails.forbidden("the Host header names none of \(hosts.sorted().joined(separator: ", "))")
    }
    if let origin = request.headers[.origin], origin != "http://\(authority)" {
      throw ProblemDetails.forbidden("requests from pages of \(origin.escaped) are refused")
    }
    return try await next(request, context)
  }

  /// The name in `name`, `name:port`, `[::1]` or `[::1]:port`, in lower case.
  static func hostName(_ authority: String) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[...end]).lowercased()
    }
    return authority.split(separator: ":", maxSplits: 1).first.map { $0.lowercased() } ?? ""
  }
}

/// Turns every error into problem details, and logs those that are ours.
struct ProblemResponses<Context: RequestContext>: RouterMiddleware {
  let logger: Logger

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = Self.problem(error)
      if problem.statusCode >= 500 {
        logger.error("\(request.method) \(request.uri.path.escaped) failed: \(error)")
      }
      return try problem.response(from: request, context: context)
    }
  }

  private static func problem(_ error: any Error) -> ProblemDetails {
    switch error {
    case let problem as ProblemDetails: problem
    case let error as SubmissionError: ProblemDetails(error)
    case is NIOTooManyBytesError:
      ProblemDetails(
        title: "Content too large", statusCode: 413, detail: "a request's body may have 16 MiB here; send less at once")
    case LedgerError.invalidCursor(let cursor): .badRequest("cursor: \(cursor.escaped) is not one of this list")
    case let error as HTTPError where error.status == .notFound: .notFound("there is nothing at this path")
    case let error as HTTPError where error.status.code < 500:
      ProblemDetails(
        title: error.status.reasonPhrase, statusCode: error.status.code, detail: error.body ?? error.status.reasonPhrase
      )
    default: .failure("\(error)")
    }
  }
}
