import EscrowConfiguration
import EscrowCore
import FoundationEssentials
import Testing

/// The configurations and routes that come with the project load, without warnings that would surprise.
@Suite struct ShippedFilesTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let environment = ["ESCROW_WEBHOOK_SECRET": WebhookTests.secret]

  @Test func theCheckoutsConfiguration() throws {
    let loaded = try ConfigurationLoader.load(file: Self.root + "/deploy/escrow.yaml", environment: [:])
    let settings = loaded.settings
    #expect(loaded.warnings.isEmpty)
    #expect(settings.dicom.host == "127.0.0.1")
    #expect(settings.dicom.port == 11112)
    #expect(settings.http.port == 8042)
    #expect(settings.unknownPeers == [.echo, .store])
    #expect(settings.builtInArchivePort == 11113)
    #expect(settings.spool.stopWatermark == .bytes(256_000_000))
    #expect(settings.peers["archive"]?.port == settings.builtInArchivePort)
    #expect(settings.peers["archive"]?.allow == [.echo, .report])
    #expect(settings.peers["archive"]?.commitment.policy.quiet == .seconds(2))
    #expect(
      settings.routes.routes == [
        Route(
          name: "default", match: .otherwise, sends: [Route.Send(to: "archive", proof: .commitment)],
          retention: .after(.hours(1)))
      ])
  }

  @Test func theHospitalsExample() throws {
    let loaded = try ConfigurationLoader.load(
      file: Self.root + "/deploy/escrow.example.yaml", environment: Self.environment)
    #expect(loaded.warnings.allSatisfy { $0.text.contains("is no folder") })
    #expect(loaded.settings.peers.count == 9)
    #expect(loaded.settings.peers["mr2"]?.intake.maxRate == 50_000_000)
    #expect(loaded.settings.peers["research"]?.query.policy.recheck == .days(7))
    #expect(loaded.settings.webhooks.count == 1)
  }

  /// Every file in `routes/examples`, with the peers of the hospital's example.
  @Test func theRoutesExamples() throws {
    let examples = Self.root + "/routes/examples"
    let text = try String(contentsOfFile: Self.root + "/deploy/escrow.example.yaml", encoding: .utf8)
    let temporary = try TemporaryConfiguration(text.replacing("/etc/escrow/routes", with: examples))
    temporary.environment = Self.environment
    let loaded = try temporary.load()
    let names = try FileManager.default.contentsOfDirectory(atPath: examples).map { $0.replacing(".yaml", with: "") }
    #expect(loaded.warnings.isEmpty)
    #expect(loaded.settings.routes.routes.map(\.name) == names.sorted())
    #expect(names.count >= 5)
  }

  /// Everything in the README's section on queries, together.
  @Test func theReadmesProofByQuery() throws {
    let readme = try String(contentsOfFile: Self.root + "/routes/README.md", encoding: .utf8)
    let section = try #require(readme.split(separator: "## Proof by query").last)
    let blocks = section.split(separator: "```").filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
    let temporary = try TemporaryConfiguration(blocks[1], routes: ["research-by-query": blocks[0]])
    let settings = try temporary.load().settings
    #expect(settings.routes.routes.first?.sends == [Route.Send(to: "research", proof: .query)])
    #expect(settings.peers["research"]?.query.policy.after == .seconds(30))
  }

  /// The route in the README's first code block is a valid one.
  @Test func theReadmesExample() throws {
    let readme = try String(contentsOfFile: Self.root + "/routes/README.md", encoding: .utf8)
    let blocks = readme.split(separator: "```")
    let route = try #require(blocks.first { $0.hasPrefix("yaml\n") }).dropFirst(5)
    let peers = twoDestinations.replacing("research:", with: "workstation:")
    #expect(try TemporaryConfiguration(peers, routes: ["readme": String(route)]).errors() == [])
  }
}
