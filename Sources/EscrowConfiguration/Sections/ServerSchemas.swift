import EscrowCore

extension Settings.DICOMListener {
  static var schema: Schema<Self> {
    Schema([
      .value("host", \.host, .host), .value("port", \.port, .listeningPort),
      .value("checkCalledAE", \.checkCalledAE, .boolean), .section("limits", \.limits, Settings.Limits.schema),
    ])
  }
}

extension Settings.Limits {
  static var schema: Schema<Self> {
    Schema([
      .value("associations", \.associations, .integer(1...10_000)),
      .value("associationsPerAddress", \.associationsPerAddress, .integer(1...10_000)),
      .value("associationRequest", \.associationRequest, .duration()),
      .value("maximumLength", \.maximumLength, .size(4096...1_048_576)),
      .value("idle", \.idle, .duration()), .value("messageStall", \.messageStall, .duration()),
      .value("dataSetLength", \.dataSetLength, .size()),
    ])
  }
}

extension Settings.HTTPListener {
  static var schema: Schema<Self> {
    Schema(
      [.value("host", \.host, .loopbackHost), .value("port", \.port, .listeningPort)],
      notYet: ["tokensFile", "tls", "behindProxy", "publicURL"])
  }
}

extension Settings.SpoolSettings {
  static var schema: Schema<Self> {
    Schema(
      [
        .value("path", \.path, .text), .value("lowWatermark", \.lowWatermark, .watermark),
        .value("stopWatermark", \.stopWatermark, .watermark),
      ],
      notYet: ["digest"])
  }

  /// Whether the warning comes before the stop, as far as the two can be compared.
  var areWatermarksInOrder: Bool {
    switch (lowWatermark, stopWatermark) {
    case (.bytes(let low), .bytes(let stop)): low >= stop
    case (.percent(let low), .percent(let stop)): low >= stop
    default: true
    }
  }
}

extension Settings.LedgerSettings {
  static var schema: Schema<Self> {
    Schema([.value("path", \.path, .text), .value("keepRecord", \.keepRecord, .duration(atLeast: .days(1)))])
  }
}

extension Settings.LogSettings {
  static var schema: Schema<Self> {
    let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
    return Schema([.value("level", \.level, Format("one of \(quoted(levels))") { levels.contains($0) ? $0 : nil })])
  }
}
