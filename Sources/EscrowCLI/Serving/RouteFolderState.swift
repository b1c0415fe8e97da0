import FoundationEssentials
import Glibc

/// How the route files look from outside: their names, sizes, times and numbers.
package struct RouteFolderState: Sendable, Equatable {
  private struct File: Sendable, Equatable {
    var size: Int64
    var number: UInt64
    var seconds: Int
    var nanoseconds: Int
  }

  private var files: [String: File] = [:]

  /// Looks at the folder. Blocks; what cannot be looked at is not there.
  package init(of folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
      var facts = stat()
      guard stat(folder + "/" + name, &facts) == 0 else { continue }
      files[name] = File(
        size: Int64(facts.st_size), number: UInt64(facts.st_ino), seconds: facts.st_mtim.tv_sec,
        nanoseconds: facts.st_mtim.tv_nsec)
    }
  }
}
