import DICOM
import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// All of `routes/examples` in one router, as `deploy/escrow.example.yaml` configures it, among real peers.
  @Suite struct Examples {
    /// What is sent for one example. Other examples may take it as well.
    private struct Sending: Sendable {
      var example: String
      var from = "CT3"
      var to = "ESCROW"
      var modality = SampleInstance.Modality.ct
      /// By keyword; empty ones are there without a value.
      var attributes: [String: String] = [:]
      var isVideo = false
      var destinations: Set<String>
    }

    private static let sendings = [
      Sending(
        example: "chest-for-research", from: "CT1", attributes: ["StationName": "CT2"],
        destinations: ["archive", "workstation", "research"]),
      Sending(
        example: "children-first", from: "MR1", modality: .mr, attributes: ["PatientAge": "011Y"],
        destinations: ["archive", "workstation"]),
      Sending(example: "ct-to-archive", from: "CT2", destinations: ["archive", "workstation"]),
      Sending(
        example: "edited-for-research", modality: .mr, attributes: ["StudyDescription": "Trial 7"],
        destinations: ["archive", "research"]),
      Sending(example: "emergency", to: "ESCROW_CT", destinations: ["archive", "workstation"]),
      Sending(
        example: "hold-burned-in", from: "CT2", attributes: ["BurnedInAnnotation": "YES", "InstitutionName": ""],
        destinations: []),
      Sending(example: "phantoms", attributes: ["PatientName": "*QA* daily"], destinations: ["research"]),
      Sending(example: "research-by-query", attributes: ["Modality": "MG"], destinations: ["research"]),
      Sending(example: "rest", modality: .sr, destinations: ["archive"]),
      Sending(example: "teaching", attributes: ["SeriesDescription": "TEACHING"], destinations: ["research"]),
      Sending(
        example: "thin-slices",
        attributes: [
          "SliceThickness": "0.625", "Rows": "512", "StudyDate": "20260301", "AcquisitionDateTime": "20260301101500",
        ], destinations: ["research"]),
      Sending(example: "ultrasound", from: "US", destinations: ["archive"]),
      Sending(example: "uploads", from: "", destinations: ["workstation"]),
      Sending(example: "videos", isVideo: true, destinations: ["archive"]),
      Sending(example: "workstation-instead", from: "MR1", modality: .mr, destinations: ["archive"]),
    ]

    @Test func everyExampleSendsWhereItSays() async throws {
      try await Stage.run { stage in
        let hospital = try await Hospital.open(on: stage)
        // A study of ultrasound goes to one of two, which is told below.
        #expect(try Set(Self.sendings.map(\.example) + ["spread-over-workstations"]) == Set(Hospital.examples()))
        var uids: [String: String] = [:]
        for (number, sending) in Self.sendings.enumerated() {
          uids[sending.example] = try await send(sending, number: number, to: hospital, on: stage)
        }
        for sending in Self.sendings {
          let uid = uids[sending.example] ?? ""
          let trace = try await hospital.escrow.api("trace/\(uid)")
          let planned = trace["deliveries"].items.compactMap { $0["to"].string }
          #expect(Set(planned) == sending.destinations, "\(sending.example): \(trace)")
          try await hospital.arrives(uid, at: planned, of: sending.example)
        }
        #expect(try await hospital.escrow.instance(uids["hold-burned-in"] ?? "")["state"].string == "held")
        try await spread(in: hospital, on: stage)
        try await failOver(in: hospital, on: stage)
      }
    }

    /// Ten studies are spread, each whole.
    private func spread(in hospital: Hospital, on stage: Stage) async throws {
      var counts: [String: Int] = [:]
      for number in 100..<110 {
        let sending = Sending(
          example: "spread-over-workstations", attributes: ["Modality": "US"],
          destinations: ["workstation", "research"])
        let uid = try await send(sending, number: number, to: hospital, on: stage)
        let planned = try await hospital.escrow.api("trace/\(uid)")["deliveries"].items.compactMap { $0["to"].string }
        #expect(planned.count == 1)
        try await hospital.arrives(uid, at: planned, of: sending.example)
        for destination in planned { counts[destination, default: 0] += 1 }
      }
      #expect(Set(counts.keys) == ["workstation", "research"], "\(counts)")
    }

    private func failOver(in hospital: Hospital, on stage: Stage) async throws {
      try await hospital.archive.down()
      let sending = Sending(example: "workstation-instead", from: "MR1", modality: .mr, destinations: ["archive"])
      let uid = try await send(sending, number: 200, to: hospital, on: stage)
      try await hospital.arrives(uid, at: ["workstation"], of: sending.example)
    }

    /// Sends what an example is for; its SOP Instance UID.
    private func send(_ sending: Sending, number: Int, to hospital: Hospital, on stage: Stage) async throws -> String {
      let (uid, file) = try file(for: sending, number: number, on: stage)
      if sending.from.isEmpty {
        #expect(try await hospital.escrow.http.request("POST", "/instances", file: file).status == 200)
      } else {
        let modality = DCMTK(port: hospital.escrow.port, called: sending.to, calling: sending.from)
        try await modality.dcmsend(files: [file]).expectSuccess()
      }
      return uid
    }

    private func file(for sending: Sending, number: Int, on stage: Stage) throws -> (uid: String, file: String) {
      let sample = SampleInstance(
        modality: sending.modality, seed: UInt64(number + 1), extra: try sending.attributes.map(Self.element))
      let video = UID("1.2.840.10008.5.1.4.1.1.77.1.1.1")
      var content = sample.content
      if sending.isVideo { content.set(DataElement(Tag(0x0008, 0x0016), uid: video)) }
      let syntax = sending.isVideo ? TransferSyntax("1.2.840.10008.1.2.4.102") : sample.transferSyntax
      let sop = SOPInstance(
        classUID: sending.isVideo ? video : sample.sop.classUID, instanceUID: sample.sop.instanceUID)
      if sending.isVideo { content.remove(Tag(0x7FE0, 0x0010)) }
      let meta = FileMeta(sopInstance: sop, transferSyntax: syntax, implementationClassUID: "2.25.1")
      let path = stage.directory.appending("\(sending.example)-\(number).dcm")
      try Data(meta.encoded().bytes + content.encoded(as: .explicitLittleEndian)).write(to: URL(filePath: path))
      return (sop.instanceUID.rawValue, path)
    }

    private static func element(_ keyword: String, _ text: String) throws -> DataElement {
      let tag = try #require(DataDictionary.tag(keyword: keyword))
      let vr = try #require(DataDictionary.vr(of: tag))
      return vr == .us
        ? DataElement(tag, unsignedShort: UInt16(text) ?? 0) : DataElement(tag, vr, text: text)
    }
  }
}

/// The hospital of `deploy/escrow.example.yaml` on this machine, with all of `routes/examples`.
private struct Hospital {
  let escrow: EscrowProcess
  let archive: Archive
  let research: Archive
  let workstation: DCMTK.Receiver

  /// The names of the examples.
  static func examples() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Repository.root + "/routes/examples")
      .map { $0.replacing(".yaml", with: "") }
  }

  static func open(on stage: Stage) async throws -> Hospital {
    let (port, httpPort) = (try stage.ports.next(), try stage.ports.next())
    let archive = try await Archive.start(on: stage, reportPort: port)
    let research = try await Archive.start(on: stage, aeTitle: "RESEARCH")
    try await research.set("commitment", false)
    let workstation = try await DCMTK.storescp(on: stage, aeTitle: "WORKSTATION")
    let places = [
      "host: 0.0.0.0\n  port: 11112": "host: 127.0.0.1\n  port: \(port)", "port: 8042": "port: \(httpPort)",
      "host: 10.3.0.40, port: 11112": "host: 127.0.0.1, port: \(workstation.port)",
      "host: pacs.hospital.example\n    port: 104": "host: 127.0.0.1\n    port: \(archive.port)",
      "host: research.hospital.example\n    port: 4242": "host: 127.0.0.1\n    port: \(research.port)",
      "host: 10.1.0.13": "host: 127.0.0.1", "[10.1.0.11]": "[127.0.0.1]", "[10.1.0.12]": "[127.0.0.1]",
      "[10.1.0.21]": "[127.0.0.1]", "[10.2.0.5, 10.2.0.6]": "[127.0.0.1]", "10.1.8.0/24": "127.0.0.0/8",
      "/var/lib/escrow/": "", "/etc/escrow/": "",
      "lowWatermark: 15%, stopWatermark: 5%":
        "lowWatermark: 512MB, stopWatermark: 256MB",
      // What takes minutes in a hospital.
      "failoverAfter: 5m": "failoverAfter: 1s", "quiet: 5s": "quiet: 1s", "after: 30s": "after: 1s",
    ]
    let configuration = try copy("deploy/escrow.example.yaml", to: "escrow.yaml", replacing: places, on: stage)
    for name in try examples() {
      _ = try copy(
        "routes/examples/\(name).yaml", to: "routes/\(name).yaml", replacing: ["10.1.8.0/24": "127.0.0.0/8"], on: stage)
    }
    let escrow = EscrowProcess(on: stage, configuration: configuration, port: port, httpPort: httpPort)
    try await escrow.start(environment: ["ESCROW_WEBHOOK_SECRET": "whsec_" + String(repeating: "A", count: 32)])
    return Hospital(escrow: escrow, archive: archive, research: research, workstation: workstation)
  }

  private static func copy(
    _ file: String, to name: String, replacing places: [String: String], on stage: Stage
  ) throws -> String {
    var text = try String(contentsOfFile: "\(Repository.root)/\(file)", encoding: .utf8)
    for (old, new) in places { text = text.replacing(old, with: new) }
    return try stage.directory.write(text, to: name)
  }

  /// Waits until an instance has come to some destinations, and is proven there, or visibly waits for a window.
  func arrives(_ uid: String, at destinations: [String], of example: String) async throws {
    for destination in destinations {
      try await eventually("\(example) at \(destination)") {
        let deliveries = try await escrow.api("trace/\(uid)")["deliveries"].items
        guard let delivery = deliveries.first(where: { $0["to"].string == destination }) else { return false }
        if delivery["reason"].string?.hasPrefix("waits for its window") == true { return true }
        guard delivery["state"].string == "delivered" else { return false }
        return try await has(uid, at: destination)
      }
    }
  }

  private func has(_ uid: String, at destination: String) async throws -> Bool {
    switch destination {
    case "archive": try await archive.stored()[uid] != nil
    case "research": try await research.stored()[uid] != nil
    default: workstation.files.contains { $0.hasSuffix(uid) }
    }
  }
}
