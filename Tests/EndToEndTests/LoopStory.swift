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
