import EscrowCore

/// Reads `escrow.yaml` and the route files it names, strictly.
package enum ConfigurationLoader {
  /// Reads `file` and everything it refers to; reads nothing else and changes nothing.
  ///
  /// - Parameter environment: where `${NAME}` in secrets is looked up.
  /// - Throws: all problems of all files together.
  package static func load(
    file: String, environment: [String: String]
  ) throws(ConfigurationError) -> LoadedConfiguration {
    try load(file: file, environment: environment, draft: nil)
  }

  /// As above, as if a file held what `draft` says.
  static func load(
    file: String, environment: [String: String], draft overlay: FileDraft?
  ) throws(ConfigurationError) -> LoadedConfiguration {
    let loading = Loading(folder: folder(of: file), environment: environment, draft: overlay)
    var draft = SettingsDraft()
    if let root = YAMLDocument.read(file: file, loading) {
      root.read(into: &draft, SettingsDraft.schema, of: "the configuration", loading)
      draft.check(root, loading)
      draft.resolvePaths(loading)
      let routes = RouteFolder.read(draft, root["routes"], loading)
      draft.checkPromises(routes, loading)
      draft.settings.routes = RouteTable(routes: routes)
    }
    guard loading.errors.isEmpty else { throw ConfigurationError(problems: loading.errors) }
    return LoadedConfiguration(settings: draft.settings, warnings: loading.warnings, files: loading.files)
  }

  /// Reads only the section `http` of `file`.
  package static func http(file: String) throws(ConfigurationError) -> Settings.HTTPListener {
    let loading = Loading(folder: folder(of: file), environment: [:])
    var http = Settings.HTTPListener()
    if let root = YAMLDocument.read(file: file, loading) {
      root["http"]?.read(into: &http, Settings.HTTPListener.schema, of: "http", loading)
    }
    guard loading.errors.isEmpty else { throw ConfigurationError(problems: loading.errors) }
    return http
  }

  static func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
  }
}
