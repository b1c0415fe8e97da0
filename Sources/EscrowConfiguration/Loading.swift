import FoundationEssentials

/// One load as it goes on: where problems are noted, and what files' contents are resolved against.
final class Loading {
  /// The folder that relative paths start at.
  let folder: String
  let environment: [String: String]
  /// What a file is taken to hold instead of what it does.
  private let draft: FileDraft?
  private(set) var files: [String] = []
  private var problems: [Problem] = []

  init(folder: String, environment: [String: String], draft: FileDraft? = nil) {
    self.folder = folder
    self.environment = environment
    self.draft = draft
  }

  var errors: [Problem] { sorted(.error) }
  var warnings: [Problem] { sorted(.warning) }

  func error(_ position: Position, _ text: String) { note(Problem(.error, at: position, text)) }
  func warn(_ position: Position, _ text: String) { note(Problem(.warning, at: position, text)) }

  /// Names a file that the configuration is made of.
  func began(_ file: String) { files.append(file) }

  /// The bytes of `file`.
  func contents(of file: String) throws -> [UInt8] {
    if let draft, draft.file == file { return Array(draft.text.utf8) }
    return Array(try Data(contentsOf: URL(filePath: file)))
  }

  /// `path`, from the configuration file's folder if it is relative.
  func resolve(_ path: String) -> String { path.hasPrefix("/") ? path : folder + "/" + path }

  private func note(_ problem: Problem) {
    if !problems.contains(problem) { problems.append(problem) }
  }

  private func sorted(_ severity: Problem.Severity) -> [Problem] {
    let order = Dictionary(files.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return problems.filter { $0.severity == severity }.sorted {
      let (left, right) = (order[$0.file] ?? -1, order[$1.file] ?? -1)
      return left == right ? $0.position < $1.position : left < right
    }
  }
}

/// A file's contents as they would be.
struct FileDraft {
  let file: String
  let text: String
}
