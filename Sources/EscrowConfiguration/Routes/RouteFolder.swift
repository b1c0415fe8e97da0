import EscrowCore
import FoundationEssentials

/// The folder of route files: each `NAME.yaml` directly in it is the route `NAME`.
enum RouteFolder {
  /// All routes by name; none when the folder is empty or missing. One that is there and cannot be read is an error:
  /// what its routes would take must not be held instead.
  static func read(_ draft: SettingsDraft, _ node: YAMLNode?, _ loading: Loading) -> [Route] {
    let path = draft.settings.routesPath
    guard FileManager.default.fileExists(atPath: path) else {
      if let node = node?["path"] {
        loading.warn(node.position, "there is no folder `\(path)`; without routes everything is held")
      }
      return []
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      loading.error(node?["path"]?.position ?? Position(file: path), "`\(path)` is no folder that can be read")
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
