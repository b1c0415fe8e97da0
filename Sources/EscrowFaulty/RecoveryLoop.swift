import DICOMNetwork
import EscrowCLI
import EscrowConfiguration
import EscrowEngine
import EscrowSpool
import Foundation
import LedgerSQLite
import Logging
import NIOCore
import NIOPosix

/// Recovers what a power cut left of a router, as a start does before anything listens, without a process for each.
///
/// Reads the path of a configuration a line and answers with a line of JSON: what was found, or why it cannot be
/// recovered.
struct RecoveryLoop {
  private struct Answer: Encodable {
    var admitted = 0
    var orphans = 0
    var missing = 0
    var purgesFinished = 0
    var removed = 0
    var error: String?
  }

  func run() async throws {
    let pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    while let path = readLine() {
      let answer: Answer
      do {
        answer = try await recover(path, pool: pool)
      } catch {
        answer = Answer(error: "\(error)")
      }
      FileHandle.standardOutput.write(try JSONEncoder().encode(answer) + Data("\n".utf8))
    }
    try await pool.shutdownGracefully()
  }

  private func recover(_ path: String, pool: NIOThreadPool) async throws -> Answer {
    let settings = try ConfigurationFile.load(path).settings
    let logger = LogOutput.logger(level: "error")
    let (spool, ledger, _) = try await Composition(settings: settings, logger: logger).open(pool: pool)
    let context = EngineContext(
      settings: settings, ledger: ledger, spool: spool,
      connector: AssociationConnector(group: .singletonMultiThreadedEventLoopGroup, ioPool: pool, logger: logger),
      pool: IOThreads(pool), logger: logger)
    let summary = try await Recovery(context: context).run()
    try await ledger.close()
    return Answer(
      admitted: summary.admitted, orphans: summary.orphans, missing: summary.missing,
      purgesFinished: summary.purgesFinished, removed: summary.removed)
  }
}
