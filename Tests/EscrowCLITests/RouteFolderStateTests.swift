import Foundation
import Testing

@testable import EscrowCLI

@Suite struct RouteFolderStateTests {
  private struct Folder {
    let path = FileManager.default.temporaryDirectory.path + "/escrow-routes-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    func appending(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) throws {
      try Data(text.utf8).write(to: URL(filePath: appending(name)))
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
  }

  @Test func everyChangeOfARouteFileShows() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let empty = RouteFolderState(of: folder.path)
    try folder.write("a", to: "a.yaml")
    let one = RouteFolderState(of: folder.path)
    #expect(one != empty)
    #expect(one == RouteFolderState(of: folder.path))
    try folder.write("b", to: "a.yaml")
    let other = RouteFolderState(of: folder.path)
    #expect(other != one, "same size, other time")
    try FileManager.default.moveItem(atPath: folder.appending("a.yaml"), toPath: folder.appending("b.yaml"))
    let renamed = RouteFolderState(of: folder.path)
    #expect(renamed != other)
    try FileManager.default.removeItem(atPath: folder.appending("b.yaml"))
    #expect(RouteFolderState(of: folder.path) == empty)
  }

  @Test func whatIsNoRouteFileDoesNotCount() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let empty = RouteFolderState(of: folder.path)
    for name in [".a.yaml.swp", "a.yaml~", ".hidden.yaml", "README.md"] { try folder.write("x", to: name) }
    #expect(RouteFolderState(of: folder.path) == empty)
    #expect(RouteFolderState(of: folder.appending("missing")) == empty)
  }
}
