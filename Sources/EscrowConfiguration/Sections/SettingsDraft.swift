import EscrowCore

/// The settings while they are read, with the places that later checks speak of.
struct SettingsDraft {
  var settings = Settings()
  /// Every peer that is named, readable or not.
  var peerNodes: [PeerName: YAMLNode] = [:]

  static var schema: Schema<SettingsDraft> {
    Schema(
      [
        .list("aeTitle", \.settings.aeTitles, .aeTitle),
        .value("timeZone", \.settings.timeZone, .timeZone),
        .section("dicom", \.settings.dicom, Settings.DICOMListener.schema),
        .section("http", \.settings.http, Settings.HTTPListener.schema),
        .section("spool", \.settings.spool, Settings.SpoolSettings.schema),
        .section("ledger", \.settings.ledger, Settings.LedgerSettings.schema),
        .group("study", Schema([.value("quiet", \.settings.studyQuiet, .duration(atLeast: .zero))])),
        .group("routes", Schema([.value("path", \.settings.routesPath, .text)])),
        Key("peers") { node, draft, loading in draft.readPeers(node, loading) },
        .group("unknownPeers", Schema([.set("allow", \.settings.unknownPeers, .strangersRight)])),
        Key("webhooks") { node, draft, loading in draft.readWebhooks(node, loading) },
        .group("builtInArchive", Schema([.value("port", \.settings.builtInArchivePort, .listeningPort).required])),
        .section("log", \.settings.log, Settings.LogSettings.schema),
      ],
      notYet: ["dicomTLS"])
  }

  /// Paths start at the configuration file's folder, also those that are not given.
  mutating func resolvePaths(_ loading: Loading) {
    settings.spool.path = loading.resolve(settings.spool.path)
    settings.ledger.path = loading.resolve(settings.ledger.path)
    settings.routesPath = loading.resolve(settings.routesPath)
  }

  /// What no key can tell alone.
  func check(_ root: YAMLNode, _ loading: Loading) {
    checkPorts(root, loading)
    if !settings.spool.areWatermarksInOrder, let node = root["spool"] {
      loading.error(node["lowWatermark"]?.position ?? node.position, "`lowWatermark` must not be below `stopWatermark`")
    }
    checkPeers(loading)
  }

  private func checkPorts(_ root: YAMLNode, _ loading: Loading) {
    let ports = [
      ("dicom", settings.dicom.port), ("http", settings.http.port),
      ("builtInArchive", settings.builtInArchivePort ?? 0),
    ]
    for (index, (section, port)) in ports.enumerated() where port != 0 {
      guard let other = ports[..<index].first(where: { $0.1 == port }) else { continue }
      let node = root[section]?["port"] ?? root[other.0]?["port"] ?? root
      loading.error(node.position, "port \(port) of `\(section)` is already that of `\(other.0)`")
    }
  }
}
