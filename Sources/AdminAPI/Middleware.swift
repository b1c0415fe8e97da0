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

/// Puts on record who says to be asking, in the header `Escrow-Operator`: up to 64 printable ASCII characters.
struct OperatorName<Context: RequestContext>: RouterMiddleware {
  static var header: String { "Escrow-Operator" }

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let header = HTTPField.Name(Self.header), let name = request.headers[header] else {
      return try await next(request, context)
    }
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw ProblemDetails.badRequest("\(Self.header) must be 1 to 64 printable ASCII characters")
    }
    return try await OperatorRoutes.$actor.withValue("\(name) via api") { try await next(request, context) }
  }
}

/// Lets nothing be changed before spool and ledger are brought together after the last run: what comes or goes meanwhile
/// would be taken for a file without a record, or a record without its file.
struct ChangesAfterRecovery<Context: RequestContext>: RouterMiddleware {
  let readiness: Readiness
  /// How long a request waits for that.
  let patience: Duration
  /// Whether the router ends without having been ready.
  let isOver: @Sendable () -> Bool

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    if ![.get, .head, .options].contains(request.method),
      try await !readiness.isListening(within: patience, unless: isOver)
    {
      throw ProblemDetails.unavailable("the router is starting: see /health/ready, and try again when it is ready")
    }
    return try await next(request, context)
  }
}

/// Turns every error into problem details, outside `/api` and `/health` into what the reference system answers, and logs
/// those that are ours.
struct ProblemResponses<Context: RequestContext>: RouterMiddleware {
  let logger: Logger

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let answer as EmptyAnswer {
      return answer.response
    } catch let error where !request.isOwn {
      return try compatible(error).response(to: request)
    } catch {
      let problem = Self.problem(error)
      if problem.statusCode >= 500 {
        logger.error("\(request.method) \(request.uri.path.escaped) failed: \(error)")
      }
      return try problem.response(from: request, context: context)
    }
  }

  private func compatible(_ error: any Error) -> CompatibleError {
    if let error = error as? CompatibleError { return error }
    let problem = Self.problem(error)
    switch problem.statusCode {
    case 404: return CompatibleError(.unknownResource)
    case 409: return CompatibleError(.badSequenceOfCalls, problem.detail, status: .conflict)
    case 503: return CompatibleError(.internalError, problem.detail, status: problem.status)
    case 507: return CompatibleError(.fullStorage, problem.detail)
    case 400..<500: return CompatibleError(.badRequest, problem.detail, status: problem.status)
    default:
      logger.error("a request of the reference system's kind failed: \(error)")
      return CompatibleError(.internalError, problem.detail)
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

extension Request {
  /// Whether it is for the router's own interface, not for the one that is as the reference system's.
  fileprivate var isOwn: Bool { uri.path.hasPrefix("/api/") || uri.path.hasPrefix("/health") }
}
