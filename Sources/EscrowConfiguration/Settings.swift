package import DICOM
package import EscrowCore

/// Everything `escrow.yaml` and the route files say, with the defaults of what they leave out.
package struct Settings: Sendable {
  package var aeTitles: [AETitle] = ["ESCROW"]
  /// IANA name, for windows and what people see.
  package var timeZone = "UTC"
  package var dicom = DICOMListener()
  package var http = HTTPListener()
  package var spool = SpoolSettings()
  package var ledger = LedgerSettings()
  package var studyQuiet: Duration = .seconds(60)
  package var peers: [PeerName: Peer] = [:]
  /// What callers that match no peer may do; nothing by default.
  package var unknownPeers: Set<PeerRight> = []
  package var webhooks: [WebhookEndpoint] = []
  /// The folder of the route files.
  package var routesPath = "routes"
  package var routes = RouteTable(routes: [])
  /// The port of the built-in archive on loopback; nil for none.
  package var builtInArchivePort: Int?
  package var log = LogSettings()

  package init() {}

  /// Whether a caller may call us so.
  package func isCalled(_ aeTitle: AETitle) -> Bool { !dicom.checkCalledAE || aeTitles.contains(aeTitle) }

  /// The plain DICOM listener (PS3.8).
  package struct DICOMListener: Sendable {
    package var host = "0.0.0.0"
    package var port = 11112
    package var checkCalledAE = false
    package var limits = Limits()

    package init() {}
  }

  /// The bounds that keep the listener up whatever comes.
  package struct Limits: Sendable, Equatable {
    package var associations = 200
    package var associationsPerAddress = 50
    /// From TCP accept to a complete A-ASSOCIATE-RQ.
    package var associationRequest: Duration = .seconds(30)
    /// The P-DATA-TF length that we announce, bytes.
    package var maximumLength = 131_072
    package var idle: Duration = .minutes(5)
    /// Between two PDUs inside a message.
    package var messageStall: Duration = .seconds(60)
    /// One instance's data set, bytes.
    package var dataSetLength: Int64 = 16 * 1024 * 1024 * 1024

    package init() {}
  }

  package struct HTTPListener: Sendable {
    package var host = "127.0.0.1"
    package var port = 8042

    package init() {}

    /// Where the API is when it listens on `port`.
    package func url(port: Int) -> String {
      "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
  }

  package struct SpoolSettings: Sendable {
    package var path = "var/spool"
    package var lowWatermark = Watermark.percent(15)
    package var stopWatermark = Watermark.percent(5)

    package init() {}
  }

  /// Free space of a file system, in bytes or as a share of its size.
  package enum Watermark: Sendable, Equatable {
    case bytes(Int64)
    case percent(Double)
  }

  package struct LedgerSettings: Sendable {
    package var path = "var/escrow.db"
    /// How long instances stay on record after their copy went.
    package var keepRecord: Duration = .days(180)

    package init() {}
  }

  package struct LogSettings: Sendable {
    /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
    package var level = "info"

    package init() {}
  }

  package struct WebhookEndpoint: Sendable, Equatable {
    package var name: String
    package var url: String
    /// Secrets `whsec_…`; two while rotating, the first signs first.
    package var secrets: [String]
    package var events: Set<EventKind>
    /// Ranges that are allowed besides what the address guard lets through.
    package var allowAddresses: [AddressRange]
    package var includePatient: Bool

    package init(
      name: String, url: String, secrets: [String], events: Set<EventKind>, allowAddresses: [AddressRange] = [],
      includePatient: Bool = false
    ) {
      self.name = name
      self.url = url
      self.secrets = secrets
      self.events = events
      self.allowAddresses = allowAddresses
      self.includePatient = includePatient
    }
  }
}
