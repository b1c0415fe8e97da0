import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// What the first five minutes show: the checkout's configuration, and the demonstration.
  @Suite struct Checkout {
    @Test func theDefaultConfigurationTakesForwardsAndPurges() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 5), on: stage)
        let (escrow, archivePort) = try copyOfCheckout(on: stage)
        try await escrow.start()
        #expect(try await DCMTK(port: archivePort, called: "ARCHIVE", calling: "ESCROW").echoscu().code == 0)
        try await escrow.dcmtk(calling: "STORESCU").storescu(files: samples.map(\.path)).expectSuccess()
        try await eventually("all committed") { try await escrow.deliveries("delivered") == samples.count }
        let trace = try await escrow.cli("trace", samples[0].uid)
        #expect(trace.code == 0, "\(trace)")
      }
    }

    @Test func theDemonstrationShowsTheWholeRoad() async throws {
      try await Stage.run { stage in
        let folder = try stage.directory.makeFolder("demo")
        let demo = try await stage.start(Command(Repository.escrow, ["demo"], directory: folder), named: "demo")
        try await eventually("the road was shown") {
          let shown = demo.logTail(lines: 10_000)
          return ["received", "sent", "committed", "purged"].allSatisfy { shown.contains($0) } || !demo.isRunning
        }
        let shown = demo.logTail(lines: 10_000)
        #expect(shown.contains("purged"), "\(shown)")
        #expect(shown.contains(/http:\/\/127\.0\.0\.1:\d+/), "\(shown)")
        #expect(stage.directory.files(in: "demo").isEmpty)
        await demo.terminate()
      }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")))
    func theServiceUnitIsHardened() async throws {
      let unit = Repository.root + "/deploy/escrow.service"
      // The threshold is ten times the exposure level.
      let result = try await Command(
        "systemd-analyze", ["security", "--offline=true", "--no-pager", "--threshold=15", unit]
      ).run()
      #expect(result.code == 0, "\(result)")
    }

    /// The checkout's configuration and routes with ports that are free.
    private func copyOfCheckout(on stage: Stage) throws -> (EscrowProcess, archivePort: Int) {
      let ports = [11112: try stage.ports.next(), 8042: try stage.ports.next(), 11113: try stage.ports.next()]
      for folder in ["deploy", "routes"] { _ = try stage.directory.makeFolder(folder) }
      for file in try FileManager.default.contentsOfDirectory(atPath: Repository.root + "/routes") {
        try copy("routes/\(file)", replacing: ports, on: stage)
      }
      try copy("deploy/escrow.yaml", replacing: ports, on: stage)
      let (port, httpPort, archivePort) = (ports[11112] ?? 0, ports[8042] ?? 0, ports[11113] ?? 0)
      let escrow = EscrowProcess(
        on: stage, configuration: stage.directory.appending("deploy/escrow.yaml"), port: port, httpPort: httpPort)
      return (escrow, archivePort)
    }

    private func copy(_ file: String, replacing ports: [Int: Int], on stage: Stage) throws {
      guard let data = FileManager.default.contents(atPath: "\(Repository.root)/\(file)") else { return }
      var text = String(decoding: data, as: UTF8.self)
      for (old, new) in ports { text = text.replacingOccurrences(of: "\(old)", with: "\(new)") }
      try stage.directory.write(text, to: file)
    }
  }
}
