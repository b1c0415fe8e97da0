import EscrowTesting
import Testing

extension Stories {
  /// Two routers that each send everything to the other.
  @Suite struct Loops {
    @Test func anInstanceGoesRoundOnceAndStops() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 4, sr: 1), on: stage)
        let (first, second) = (try stage.ports.next(), try stage.ports.next())
        let one = try await EscrowProcess.start(
          on: stage, port: first, peers: sender("ct1", "CT1") + "\n" + neighbour("ROUTER2", port: second),
          routes: everything(to: "to: neighbour, proof: response"))
        let two = try await EscrowProcess.start(
          on: stage, aeTitle: "ROUTER2", port: second, peers: neighbour("ESCROW", port: first),
          routes: everything(to: "to: neighbour, proof: response", purge: "1h"))
        try await Modality.start(on: stage, to: one).store(samples)
        try await two.has(samples.count, deliveries: "delivered")
        try await one.purges(samples.count)
        for sample in samples {
          let came = try await events(of: sample, at: one)
          #expect(came.count { $0 == "instance.received" } == 1)
          #expect(came.count { $0 == "instance.looped" } == 1)
          #expect(try await events(of: sample, at: two).count { $0.hasPrefix("instance.") } == 1)
          #expect(try await one.api("instances?sopInstanceUID=\(sample.uid)")["items"].items.count == 1)
        }
        #expect(two.spooled.count == samples.count)
        #expect(try await one.alarms().isEmpty)
        #expect(try await two.alarms().isEmpty)
      }
    }

    /// A destination that is this router itself, by an address that does not tell, proves nothing.
    @Test func ourselvesUnderAnotherNameAndAddressProveNothing() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2, mr: 1), on: stage)
        let (port, relay) = (try stage.ports.next(), try stage.ports.next())
        let relaying = try await stage.python(
          "relay.py", ["--port", "\(relay)", "--to", "\(port)"], named: "relay")
        defer { withExtendedLifetime(relaying) {} }
        let peers = [
          sender("ct1", "CT1"), destination("other", "OTHER", port: relay),
          "itself: { aeTitle: ESCROW, host: 127.0.0.1, port: \(port), allow: [echo, store, commit] }",
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, port: port, peers: peers.joined(separator: "\n"),
          routes: ["ct": route(match: "{ Modality: CT }", to: ["to: other, proof: commitment"], purge: "0s")])
        try await Modality.start(on: stage, to: escrow).store(samples)

        // What a route sends is never delivered.
        try await eventually("the request is refused") {
          try await escrow.api("commitments")["items"].items.contains {
            $0["message"].string?.contains("asks itself") == true
          }
        }
        #expect(try await escrow.deliveries("delivered") == 0)
        #expect(escrow.spooled.count == samples.count)

        // What the API asks for is answered as the reference answers it, and is no proof.
        let held = samples.filter { $0.modality == "MR" }
        let asked = try await escrow.http.post(
          "/modalities/other/storage-commitment",
          ["DicomInstances": .array(held.map { [.string($0.sopClass), .string($0.uid)] })])
        let path = asked["Path"].string ?? ""
        try await eventually("a report") { try await escrow.http.get(path)["Status"].string == "Success" }
        let removed = try await escrow.http.request("POST", path + "/remove", body: [:])
        #expect(removed.status == 409)
        #expect(removed.body.contains("no destination has committed to it"), "\(removed.body)")
        #expect(escrow.spooled.count == samples.count)
      }
    }

    private func neighbour(_ aeTitle: String, port: Int) -> String {
      """
      neighbour: { aeTitle: \(aeTitle), host: 127.0.0.1, port: \(port), addresses: [127.0.0.1/32], \
      allow: [echo, store], retry: { first: 1s, max: 2s } }
      """
    }

    /// The types of what is on record of an instance.
    private func events(of sample: Sample, at escrow: EscrowProcess) async throws -> [String] {
      try await escrow.api("trace/\(sample.uid)")["events"].items.compactMap { $0["type"].string }
    }
  }
}
