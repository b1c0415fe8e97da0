import EscrowCore
import FoundationEssentials

/// The folder of route files: each `NAME.yaml` directly in it is the route `NAME`.
enum RouteFolder {
  /// All routes by name; none when the folder is empty or missing.
  static func read(_ draft: SettingsDraft, _ node: YAMLNode?, _ loading: Loading) -> [Route] {
    let path = draft.settings.routesPath
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      if let node = node?["path"] {
        loading.warn(node.position, "`\(path)` is no folder that can be read; without routes everything is held")
      }
      return []
    }
    return names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
      let file = path + "/" + name
      if name.hasSuffix(".yaml") { return RouteFile.read(file, name: String(name.dropLast(5)), draft, loading) }
      if name.hasSuffix(".yml") { loading.warn(Position(file: file), "not read: route files end in `.yaml`") }
      return nil
    }
  }
}
