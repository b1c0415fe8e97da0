/// A running Orthanc, Debian's, as the reference archive: it stores, commits and has a REST API.
package final class Orthanc: Sendable {
  package let aeTitle: String
  package let port: Int
  package let http: HTTPClient
  package let process: PeerProcess

  /// A remote modality as Orthanc knows it.
  package struct Modality: Sendable {
    package var aeTitle: String
    package var port: Int

    package init(aeTitle: String, port: Int) {
      self.aeTitle = aeTitle
      self.port = port
    }
  }

  private init(aeTitle: String, port: Int, http: HTTPClient, process: PeerProcess) {
    self.aeTitle = aeTitle
    self.port = port
    self.http = http
    self.process = process
  }

  /// Starts one with an empty storage, on `port` if its peers had to know that before, which stores in `transferSyntaxes`, and returns when it answers.
  package static func start(
    on stage: Stage, aeTitle: String = "ORTHANC", name: String? = nil, port: Int? = nil,
    modalities: [String: Modality], transferSyntaxes: [String] = ["1.2.840.10008.1.*"]
  ) async throws -> Orthanc {
    let (port, httpPort) = (try port ?? stage.ports.next(), try stage.ports.next())
    let name = name ?? aeTitle.lowercased()
    let known = modalities.mapValues { modality in
      JSON.object([
        "AET": .string(modality.aeTitle), "Host": "127.0.0.1", "Port": .number(Double(modality.port)),
        "AllowStorageCommitment": true,
      ])
    }
    let configuration: JSON = [
      "Name": .string(name), "StorageDirectory": .string(stage.directory.appending("\(name)-storage")),
      "IndexDirectory": .string(stage.directory.appending("\(name)-index")), "Plugins": [],
      "HttpPort": .number(Double(httpPort)), "DicomPort": .number(Double(port)), "DicomAet": .string(aeTitle),
      "RemoteAccessAllowed": false, "AuthenticationEnabled": false, "UnknownSopClassAccepted": true,
      // A data set of odd length stops it; it gives up after this many seconds.
      "DicomScpTimeout": 10,
      "DicomModalities": .object(known),
      "AcceptedTransferSyntaxes": .array(transferSyntaxes.map { .string($0) }),
    ]
    let file = try stage.directory.write(configuration.text(), to: "\(name).json")
    let process = try await stage.start(Command("/usr/sbin/Orthanc", [file]), named: name)
    let http = HTTPClient(port: httpPort)
    try await eventually("Orthanc answers") {
      guard process.isRunning else { return true }
      return try await http.get("/system")["DicomAet"].string == aeTitle
    }
    guard process.isRunning else { throw ProcessError("Orthanc ended\n\(process.logTail())") }
    return Orthanc(aeTitle: aeTitle, port: port, http: http, process: process)
  }

  /// Orthanc's ids of the stored instances by SOP Instance UID.
  package func instances() async throws -> [String: String] {
    let all = try await http.get("/instances?expand").items
    let pairs = all.map { ($0["MainDicomTags"]["SOPInstanceUID"].string ?? "", $0["ID"].string ?? "") }
    return Dictionary(pairs) { $1 }
  }

  /// Saves the Part 10 file of a stored instance.
  package func download(_ id: String, to file: String) async throws {
    try await http.download("/instances/\(id)/file", to: file)
  }
}
