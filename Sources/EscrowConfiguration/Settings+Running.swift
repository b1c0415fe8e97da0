extension Settings {
  /// What of `loaded` can be in force in a server that runs with these settings, and the keys that changed and need a
  /// restart.
  package func taking(_ loaded: Settings) -> (settings: Settings, restartNeeded: [String]) {
    var settings = loaded
    var restartNeeded: [String] = []
    func keep<Value: Equatable>(_ name: String, _ path: WritableKeyPath<Settings, Value>) {
      guard settings[keyPath: path] != self[keyPath: path] else { return }
      settings[keyPath: path] = self[keyPath: path]
      restartNeeded.append(name)
    }
    keep("dicom.host", \.dicom.host)
    keep("dicom.port", \.dicom.port)
    keep("dicom.limits", \.dicom.limits)
    keep("http.host", \.http.host)
    keep("http.port", \.http.port)
    keep("spool.path", \.spool.path)
    keep("ledger.path", \.ledger.path)
    keep("builtInArchive", \.builtInArchivePort)
    return (settings, restartNeeded)
  }
}
