package import EscrowConfiguration

/// Where a server's settings are from.
package struct ConfigurationSource: Sendable {
  let file: String
  /// The route files as they looked when the settings were read.
  let routes: RouteFolderState

  /// To be made right after `settings` were read from `file`.
  package init(file: String, settings: Settings) {
    self.file = file
    routes = RouteFolderState(of: settings.routesPath)
  }
}
