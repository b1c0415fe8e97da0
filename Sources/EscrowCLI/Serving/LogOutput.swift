package import Logging
import NIOConcurrencyHelpers

/// Where the log goes: standard error, one line an entry.
package enum LogOutput {
  package static func logger(level: String) -> Logger {
    var logger = Logger(label: "escrow") { SharedLevelLogHandler(label: $0) }
    logger.logLevel = Logger.Level(rawValue: level) ?? .info
    return logger
  }
}

/// Writes to standard error. All copies of a logger have one level, so that it can be changed while the router runs.
private struct SharedLevelLogHandler: LogHandler {
  private var base: StreamLogHandler
  private let level = NIOLockedValueBox(Logger.Level.info)

  init(label: String) {
    base = .standardError(label: label)
    base.logLevel = .trace
  }

  var logLevel: Logger.Level {
    get { level.withLockedValue { $0 } }
    set { level.withLockedValue { $0 = newValue } }
  }

  var metadata: Logger.Metadata {
    get { base.metadata }
    set { base.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { base[metadataKey: key] }
    set { base[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) { base.log(event: event) }
}
