import EscrowConfiguration
import FoundationEssentials

/// A folder of its own with `escrow.yaml` and `routes/`, gone when nobody holds it any more.
final class TemporaryConfiguration {
  let folder: String
  var environment: [String: String] = [:]

  /// `routes` are contents of route files by name without `.yaml`.
  init(_ configuration: String, routes: [String: String] = [:], files: [String: String] = [:]) throws {
    folder = FileManager.default.temporaryDirectory.path + "/escrow-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/routes", withIntermediateDirectories: true)
    try write(configuration, to: "escrow.yaml")
    for (name, text) in routes { try write(text, to: "routes/\(name).yaml") }
    for (name, text) in files { try write(text, to: name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var file: String { folder + "/escrow.yaml" }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
  }

  func load() throws -> LoadedConfiguration {
    try ConfigurationLoader.load(file: file, environment: environment)
  }

  /// All errors as `file:line:column: error: text` with files from the folder; none when it loads.
  func errors() -> [String] {
    do {
      _ = try ConfigurationLoader.load(file: file, environment: environment)
      return []
    } catch {
      return error.problems.map(short)
    }
  }

  func warnings() throws -> [String] { try load().warnings.map(short) }

  private func short(_ problem: Problem) -> String {
    problem.description.replacing(folder + "/", with: "")
  }
}

/// Errors of a configuration, without the file's name and `error: `.
func errors(
  in configuration: String, routes: [String: String] = [:], environment: [String: String] = [:]
) throws -> [String] {
  let temporary = try TemporaryConfiguration(configuration, routes: routes)
  temporary.environment = environment
  return temporary.errors().map { $0.replacing("escrow.yaml:", with: "").replacing(" error:", with: "") }
}

/// A configuration with two peers that take anything: `archive` commits, `research` does not.
let twoDestinations = """
  peers:
    archive: { aeTitle: ARCHIVE, host: 10.0.0.5, port: 104, allow: [echo, report] }
    research: { aeTitle: RESEARCH, host: 10.0.0.6, port: 104 }
    sender: { aeTitle: CT1, addresses: 10.0.0.0/24, allow: store }
  """

/// Errors of a route file `r.yaml` beside ``twoDestinations``, without the file's name and `error: `.
func errors(inRoute route: String) throws -> [String] {
  try TemporaryConfiguration(twoDestinations, routes: ["r": route]).errors().map {
    $0.replacing("routes/r.yaml:", with: "").replacing(" error:", with: "")
  }
}
