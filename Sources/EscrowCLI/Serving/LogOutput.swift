package import Logging

/// Where the log goes: standard error, one line an entry.
package enum LogOutput {
  package static func logger(level: String) -> Logger {
    var logger = Logger(label: "escrow") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = Logger.Level(rawValue: level) ?? .info
    return logger
  }
}
