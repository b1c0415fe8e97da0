package import EscrowConfiguration
import Foundation

/// The configuration file of a command: the one that is named, or the default of a checkout or an installation.
package enum ConfigurationFile {
  static let inCheckout = "deploy/escrow.yaml"
  static let installed = "/etc/escrow/escrow.yaml"

  /// `named`, or the default that exists.
  static func path(_ named: String?) -> String {
    named ?? (FileManager.default.fileExists(atPath: inCheckout) ? inCheckout : installed)
  }

  /// Reads where the server's API is, and nothing else: whoever asks a running server needs neither its secrets nor
  /// routes that are right at the moment.
  static func http(_ named: String?) throws -> Settings.HTTPListener {
    do {
      return try ConfigurationLoader.http(file: path(named))
    } catch { throw failure(error) }
  }

  /// Reads and validates everything.
  static func read(_ named: String?) throws(ConfigurationError) -> LoadedConfiguration {
    try ConfigurationLoader.load(file: path(named), environment: ProcessInfo.processInfo.environment)
  }

  /// Reads and validates everything; prints warnings; ends with all errors when there are any.
  package static func load(_ named: String?) throws -> LoadedConfiguration {
    do {
      let loaded = try read(named)
      for warning in loaded.warnings { printError("\(warning)") }
      return loaded
    } catch { throw failure(error) }
  }

  /// Prints all problems.
  private static func failure(_ error: ConfigurationError) -> Failure {
    for problem in error.problems { printError("\(problem)") }
    let count = error.problems.count
    return Failure(.usage, "\(count) \(count == 1 ? "problem" : "problems") in the configuration")
  }
}
