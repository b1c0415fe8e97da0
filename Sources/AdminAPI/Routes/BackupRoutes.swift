import EscrowCore
import EscrowEngine
import Hummingbird
import Logging

/// `POST /api/v1/backup`: a copy of the ledger as it is now, on the server's own machine.
package struct BackupRoutes: Sendable {
  /// Makes a backup in a directory.
  package typealias Backup = @Sendable (String) async throws -> BackupBody

  let context: EngineContext
  let backup: Backup

  func add(to api: RouterGroup<some RequestContext>) {
    api.post("backup") { request, _ in
      let body = try await JSON.body(BackupRequestBody.self, of: request, keys: BackupRequestBody.keys)
      guard body.directory.hasPrefix("/"), !body.directory.contains("\0") else {
        throw ProblemDetails.badRequest("directory must be an absolute path on the server's machine")
      }
      do {
        let made = try await backup(body.directory)
        context.logger.notice("a backup was made", metadata: ["path": "\(body.directory.escaped)"])
        return try JSON.response(made)
      } catch let error as BackupError {
        throw ProblemDetails.conflict("\(error)")
      } catch let error as LedgerError {
        throw ProblemDetails.failure("the backup was not made: \(error)")
      }
    }
  }
}

/// Why a backup cannot be made where it was asked for.
package enum BackupError: Error, CustomStringConvertible {
  case notEmpty(String)
  case notWritable(String, cause: String)

  package var description: String {
    switch self {
    case .notEmpty(let path): "\(path) is there and not empty: nothing is overwritten, name another directory"
    case .notWritable(let path, let cause): "the backup cannot be written to \(path): \(cause)"
    }
  }
}
