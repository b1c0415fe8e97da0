/// A configuration without errors.
package struct LoadedConfiguration: Sendable {
  package var settings: Settings
  /// What works but should be looked at.
  package var warnings: [Problem]
  /// The configuration file and the route files, as they were opened.
  package var files: [String]

  package init(settings: Settings, warnings: [Problem], files: [String]) {
    self.settings = settings
    self.warnings = warnings
    self.files = files
  }
}
