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

  /// Says so when no file is named, and none is where one is looked for.
  static func mustBeThere(_ path: String, named: String?) throws(ConfigurationError) {
    guard named == nil, !FileManager.default.fileExists(atPath: path) else { return }
    throw ConfigurationError(problems: [
      Problem(
        .error, at: Position(wholeFile: path),
        "there is no such file, and no \(inCheckout) here: name a configuration with --config FILE")
    ])
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
    let path = path(named)
    try mustBeThere(path, named: named)
    return try ConfigurationLoader.load(file: path, environment: ProcessInfo.processInfo.environment)
  }

  /// Reads and validates everything; prints warnings; ends with all errors when there are any.
  package static func load(_ named: String?) throws -> LoadedConfiguration {
    do {
      let loaded = try read(named)
      for warning in loaded.warnings { printError("\(warning)") }
      return loaded
    } catch { throw failure(error) }
  }

  /// Puts `text` in the place of a file's contents, durably and at once: whoever reads it meanwhile reads the one or the
  /// other. Its owner and mode stay.
  static func replace(_ file: String, with text: String) throws(ConfigurationError) {
    let target = URL(filePath: file).resolvingSymlinksInPath().path
    do {
      try replaceContents(of: target, with: Array(text.utf8))
    } catch {
      throw ConfigurationError(problems: [
        Problem(.error, at: Position(wholeFile: file), "cannot be written: \(String(cString: strerror(error.number)))")
      ])
    }
  }

  private struct SystemError: Error { let number = errno }

  private static func replaceContents(of path: String, with bytes: [UInt8]) throws(SystemError) {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw SystemError() }
    let partial = "\(path).partial-\(getpid())"
    let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemError() }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw giveUp(partial) }
      done += count
    }
    guard fchown(file, facts.st_uid, facts.st_gid) == 0, fchmod(file, facts.st_mode & 0o7777) == 0, fsync(file) == 0,
      rename(partial, path) == 0
    else { throw giveUp(partial) }
    syncFolder(of: path)
  }

  private static func giveUp(_ partial: String) -> SystemError {
    let error = SystemError()
    unlink(partial)
    return error
  }

  private static func syncFolder(of path: String) {
    let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Prints all problems.
  private static func failure(_ error: ConfigurationError) -> Failure {
    for problem in error.problems { printError("\(problem)") }
    let count = error.problems.count
    return Failure(.usage, "\(count) \(count == 1 ? "problem" : "problems") in the configuration")
  }
}
