import EscrowConfiguration
import EscrowTesting
import Foundation

/// The routes that people learn from: the files in `routes/examples`, and the code blocks of `routes/README.md`.
enum RouteExamples {
  private static let folder = Repository.root + "/routes"

  /// The files, by name.
  static func files() throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/examples")
    return try Dictionary(
      uniqueKeysWithValues: names.map { name in
        (
          name.replacing(".yaml", with: ""),
          try String(contentsOfFile: "\(folder)/examples/\(name)", encoding: .utf8)
        )
      })
  }

  static func readme() throws -> String { try String(contentsOfFile: folder + "/README.md", encoding: .utf8) }

  /// The blocks of YAML in the README, as they are there.
  static func blocks() throws -> [String] {
    try readme().split(separator: "```").filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
  }

  /// The blocks that are a route, by the name in their first line, `# routes/NAME.yaml`.
  static func shown() throws -> [String: String] {
    var shown: [String: String] = [:]
    for block in try blocks() {
      if let match = block.prefixMatch(of: /# routes\/([a-z-]+)\.yaml\n/) { shown[String(match.1)] = block }
    }
    return shown
  }

  /// All by name: a file, or `README/NAME`.
  static func all() throws -> [String: String] {
    let shown = try shown().map { ("README/\($0.key)", $0.value) }
    return try files().merging(shown) { first, _ in first }
  }

  /// The hospital's example configuration with some of these as its routes.
  static func settings(_ names: [String]) throws -> Settings {
    let directory = try TemporaryDirectory()
    defer { try? directory.remove() }
    let all = try all()
    for name in names {
      guard let text = all[name] else { throw ScriptDeparture(expected: "an example \(name)") }
      try directory.write(text, to: "routes/\(name.replacing("README/", with: "")).yaml")
    }
    let hospital = try String(contentsOfFile: Repository.root + "/deploy/escrow.example.yaml", encoding: .utf8)
    let file = try directory.write(hospital.replacing("/etc/escrow/routes", with: "routes"), to: "escrow.yaml")
    let secret = "whsec_" + String(repeating: "A", count: 32)
    return try ConfigurationLoader.load(file: file, environment: ["ESCROW_WEBHOOK_SECRET": secret]).settings
  }
}
