import Foundation

/// A new, empty directory of a test's own.
package struct TemporaryDirectory: Sendable {
  /// Absolute, without a trailing slash.
  package let path: String

  package init() throws {
    path = FileManager.default.temporaryDirectory.path + "/escrow-" + UUID().uuidString.lowercased()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// A path inside.
  package func appending(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a text file that only we can read, with the folders it needs, and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    let file = URL(filePath: appending(name))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard FileManager.default.createFile(atPath: file.path, contents: Data(text.utf8), attributes: attributes) else {
      throw ProcessError("cannot write \(file.path)")
    }
    return file.path
  }

  /// Makes a folder inside and returns its path.
  package func makeFolder(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: appending(name), withIntermediateDirectories: true)
    return appending(name)
  }

  /// The regular files anywhere inside `folder` that end with `suffix`.
  package func files(in folder: String = "", suffix: String = "") -> [String] {
    let base = folder.isEmpty ? path : appending(folder)
    let names = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
    return names.filter { name in
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: "\(base)/\(name)", isDirectory: &isDirectory)
      return exists && !isDirectory.boolValue && name.hasSuffix(suffix)
    }.map { "\(base)/\($0)" }.sorted()
  }

  /// Removes the directory and all that is in it.
  package func remove() throws { try FileManager.default.removeItem(atPath: path) }
}
