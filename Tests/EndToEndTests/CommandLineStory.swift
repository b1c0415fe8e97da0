import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// What an administrator types, and what scripts rely on.
  @Suite struct CommandLine {
    @Test func checkNamesFileLineAndColumnOfEveryMistake() async throws {
      try await Stage.run { stage in
        let escrow = try EscrowProcess(
          on: stage, peers: sender("ct1", "CT1"),
          routes: ["bad": "match: { StudyDescription: /(/ }\nsend: [{ to: nobody, proof: response }]"],
          more: "colour: blue")
        let result = try await escrow.alone("check")
        #expect(result.code == 2)
        let text = result.output + result.errors
        #expect(text.contains(/escrow\.yaml:\d+:\d+/), "\(result)")
        #expect(text.contains("colour"))
        #expect(text.contains(/bad\.yaml:1:\d+/), "\(result)")
        #expect(text.contains(/bad\.yaml:2:\d+/), "\(result)")
        #expect(text.contains("nobody"))
      }
    }

    @Test func checkAcceptsWhatServeAccepts() async throws {
      try await Stage.run { stage in
        let escrow = try EscrowProcess(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        let result = try await escrow.alone("check")
        #expect(result.code == 0, "\(result)")
      }
    }

    @Test func serveRefusesWhatCheckRefuses() async throws {
      try await Stage.run { stage in
        let escrow = try EscrowProcess(on: stage, peers: sender("ct1", "CT1"), routes: [:], more: "colour: blue")
        let result = try await escrow.alone("serve")
        #expect(result.code == 2, "\(result)")
        #expect(result.errors.contains(/escrow\.yaml:\d+:\d+/), "\(result)")
      }
    }

    @Test func serveEndsWhenItCannotListenAndNamesTheAddress() async throws {
      try await withArchive { escrow, archive, _ in
        try await Stage.run { stage in
          let other = try EscrowProcess(on: stage, port: archive.port, peers: sender("ct1", "CT1"), routes: [:])
          let result = try await other.alone("serve")
          #expect(result.code == 1, "\(result)")
          #expect(result.errors.contains("cannot listen for DICOM on 127.0.0.1:\(archive.port)"), "\(result)")
        }
        #expect(try await escrow.http.request("GET", "/health/live").status == 200)
      }
    }

    @Test func serveNamesTheLedgerThatIsNone() async throws {
      try await Stage.run { stage in
        let escrow = try EscrowProcess(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        try stage.directory.write(String(repeating: "garbage ", count: 100), to: "escrow.db")
        let result = try await escrow.alone("serve")
        #expect(result.code == 1 && result.errors.contains("escrow.db is damaged"), "\(result)")
      }
    }

    @Test func aNameThatIsNoDestinationIsNotAnEmptyQueue() async throws {
      try await withArchive { escrow, _, _ in
        let queue = try await escrow.cli("queue", "ls", "--to", "archvie")
        #expect(queue.code == 2 && queue.errors.contains("archvie"), "\(queue)")
        let retry = try await escrow.cli("queue", "retry", "--id", "999", "--yes")
        #expect(retry.code == 1, "\(retry)")
      }
    }

    @Test func echoTellsWhetherAPeerAnswers() async throws {
      try await withArchive { escrow, archive, _ in
        let answered = try await escrow.alone("echo", "archive")
        #expect(answered.code == 0, "\(answered)")
        try await archive.down()
        let down = try await escrow.alone("echo", "archive")
        #expect(down.code == 3, "\(down)")
        let unknown = try await escrow.alone("echo", "nobody")
        #expect(unknown.code == 2, "\(unknown)")
      }
    }

    @Test func sendWaitsForTheCommitment() async throws {
      try await withArchive { escrow, archive, samples in
        let sent = try await escrow.cli("send", "archive", "--commit", samples[0].path)
        #expect(sent.code == 0, "\(sent)")
        #expect(try await archive.stored()[samples[0].uid] != nil)
        let committed = try await archive.events("report").flatMap { $0["committed"].items.compactMap(\.string) }
        #expect(committed == [samples[0].uid])

        try await archive.set("when", "never")
        let open = try await escrow.cli("send", "archive", "--commit", "--timeout", "3s", samples[1].path)
        #expect(open.code == 1, "\(open)")
      }
    }

    @Test func aStrongerProofOfWhatWasSentIsAskedForAtOnce() async throws {
      try await withArchive { escrow, _, samples in
        try await escrow.cli("send", "archive", samples[0].path).expectSuccess()
        let committed = try await escrow.cli("send", "archive", "--commit", "--timeout", "60s", samples[0].path)
        #expect(committed.code == 0, "\(committed)")
      }
    }

    @Test func whatCannotBeSentIsAUsageError() async throws {
      try await withArchive { escrow, _, samples in
        let unknown = try await escrow.cli("send", "nobody", samples[0].path)
        #expect(unknown.code == 2 && unknown.errors.contains("nobody"), "\(unknown)")
        let folder = try await escrow.cli("send", "archive", "/tmp")
        #expect(folder.code == 2 && folder.errors.contains("/tmp"), "\(folder)")
        let missing = try await escrow.cli("send", "archive", "/no/such/file")
        #expect(missing.code == 2, "\(missing)")
      }
    }

    @Test func aRunningServerIsAskedWithoutItsSecretsAndRoutes() async throws {
      try await withArchive { escrow, _, _ in
        let broken = "http: { port: \(escrow.httpPort) }\ncolour: blue\nwebhooks: { x: { secret: \"${NO_SUCH}\" } }\n"
        try broken.write(toFile: escrow.configuration, atomically: true, encoding: .utf8)
        let status = try await escrow.alone("status")
        #expect(status.code == 0, "\(status)")
      }
    }

    @Test func routesAndEventsAreThere() async throws {
      try await withArchive { escrow, _, samples in
        try await escrow.dcmtk(calling: "CT1").storescu(files: samples.map(\.path)).expectSuccess()
        let routes = try await escrow.api("routes")
        #expect(routes["items"][0]["send"][0]["to"] == ["archive"])
        try await escrow.has(samples.count, deliveries: "delivered")
        let url = escrow.http.base + "/api/v1/events?after=0"
        let events = try await Command("curl", ["--silent", "--noproxy", "*", "--max-time", "3", url]).run().output
        #expect(events.contains("event: instance.received\ndata: {"))
        #expect(events.contains("event: commitment.succeeded\ndata: {"))
        #expect(events.hasPrefix(": events after 0\n\nid: 1\n"))
      }
    }

    @Test func aHangupDoesNotEndTheRouter() async throws {
      try await withArchive { escrow, _, samples in
        escrow.signal(SIGHUP)
        try await escrow.dcmtk(calling: "CT1").storescu(files: samples.map(\.path)).expectSuccess()
        try await escrow.has(samples.count, deliveries: "delivered")
      }
    }

    @Test func theQueueTheTraceAndTheCommitmentsAreShown() async throws {
      try await withArchive { escrow, archive, samples in
        try await archive.set("when", "never")
        try await escrow.dcmtk(calling: "CT1").storescu(files: samples.map(\.path)).expectSuccess()
        try await escrow.has(samples.count, deliveries: "requested")

        let queue = try await escrow.cli("queue", "ls", "--json").expectSuccess().json()
        #expect(queue["items"].items.count == samples.count)
        let transactions = try await escrow.cli("commitments", "ls", "--json").expectSuccess().json()["items"].items
        #expect(transactions.allSatisfy { $0["to"] == "archive" && $0["state"] == "open" })
        #expect(transactions.compactMap { $0["references"].int }.reduce(0, +) == samples.count)
        let trace = try await escrow.cli("trace", samples[0].uid, "--json").expectSuccess().json()
        #expect(trace["transactions"].items.count == 1)
        let text = try await escrow.cli("trace", samples[0].uid).expectSuccess().output
        #expect(text.contains("archive") && text.contains("CT1"))
        let status = try await escrow.cli("status", "--json").expectSuccess().json()
        #expect(status["deliveries"]["requested"].int == samples.count)
      }
    }

    @Test func whatIsNotThereIsANo() async throws {
      try await withArchive { escrow, _, _ in
        let trace = try await escrow.cli("trace", "1.2.3.4")
        #expect(trace.code == 1, "\(trace)")
        let usage = try await escrow.cli("trace")
        #expect(usage.code == 2, "\(usage)")
        _ = await escrow.stop()
        let gone = try await escrow.cli("status")
        #expect(gone.code == 3, "\(gone)")
      }
    }

    @Test func everyCommandExplainsItself() async throws {
      for command in [
        "serve", "check", "echo", "send", "status", "queue", "trace", "commit", "commitments", "webhooks", "route",
        "demo",
      ] {
        let help = try await Command(Repository.escrow, [command, "--help"]).check()
        #expect(help.output.contains("USAGE") && help.output.contains("escrow \(command)"), "\(help)")
      }
    }

    /// Escrow with an archive that commits, and three files.
    private func withArchive(_ test: (EscrowProcess, Archive, [Sample]) async throws -> Void) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await test(escrow, archive, samples)
      }
    }
  }
}
