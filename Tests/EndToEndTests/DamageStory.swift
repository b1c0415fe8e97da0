import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// What somebody, or a disk, does to the files of a router.
  @Suite struct Damage {
    /// A router with instances that wait, because the archive is down; `body` gets what was sent, oldest first.
    private func withWaiting(
      _ count: Int = 6, _ body: (Stage, EscrowProcess, Archive, Modality, [Sample]) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: count), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        let modality = try await Modality.start(on: stage, to: escrow)
        try await modality.store(samples)
        try await body(stage, escrow, archive, modality, samples)
      }
    }

    // MARK: Starts that are refused

    struct Mishap: Sendable, CustomTestStringConvertible {
      let testDescription: String
      /// What is done, and how it is undone.
      let happen: @Sendable (TemporaryDirectory) throws -> Void
      let mend: @Sendable (TemporaryDirectory) throws -> Void
      /// What the refusal must name.
      let words: [String]

      init(
        _ description: String, words: [String], happen: @escaping @Sendable (TemporaryDirectory) throws -> Void,
        mend: @escaping @Sendable (TemporaryDirectory) throws -> Void
      ) {
        testDescription = description
        self.happen = happen
        self.mend = mend
        self.words = words
      }

      /// A file or folder is gone until it is put back.
      static func gone(_ name: String, words: String...) -> Mishap {
        Mishap(
          "\(name) is gone", words: words,
          happen: { try FileManager.default.moveItem(atPath: $0.appending(name), toPath: $0.appending("elsewhere")) },
          mend: { directory in
            #expect(!FileManager.default.fileExists(atPath: directory.appending(name)))
            try FileManager.default.moveItem(
              atPath: directory.appending("elsewhere"), toPath: directory.appending(name))
          })
      }

      /// A file has other bytes until the right ones are put back.
      static func changed(
        _ name: String, _ how: String, words: String..., by change: @escaping @Sendable (inout Data) -> Void
      ) -> Mishap {
        Mishap(
          "\(name) \(how)", words: words,
          happen: { directory in
            let url = URL(fileURLWithPath: directory.appending(name))
            var bytes = try Data(contentsOf: url)
            try bytes.write(to: URL(fileURLWithPath: directory.appending("elsewhere")))
            change(&bytes)
            try bytes.write(to: url)
          },
          mend: { directory in
            try Data(contentsOf: URL(fileURLWithPath: directory.appending("elsewhere"))).write(
              to: URL(fileURLWithPath: directory.appending(name)))
          })
      }
    }

    static let mishaps: [Mishap] = [
      .gone("escrow.db", words: "there is no ledger at", "escrow.db", "escrow rebuild", "escrow restore"),
      .gone("escrow.db-wal", words: "escrow.db-wal", "is missing", "put it back"),
      .gone("spool", words: "there is no spool at", "mounted"),
      .gone("spool/spool.id", words: "spool.id is missing", "docs/recovery.md"),
      .changed("escrow.db", "was cut", words: "is damaged", "Nothing was changed", "escrow restore") {
        $0 = $0.prefix(20_000)
      },
      .changed("escrow.db", "lost a page", words: "is damaged", "escrow restore") {
        $0.replaceSubrange(8192..<12_288, with: Data(count: 4096))
      },
      .changed("escrow.db-wal", "was cut", words: "escrow.db-wal", "bytes instead of") { $0 = $0.prefix(50_000) },
      .changed("spool/spool.id", "is another's", words: "belongs to spool", "spool.path") {
        $0 = Data(
          String(decoding: $0, as: UTF8.self).replacing(
            /id [0-9a-f-]+/, with: "id 0198a000-0000-7000-8000-0000000000ab"
          ).utf8)
      },
      .changed("spool/spool.id", "cannot be read", words: "spool.id is not a spool's identity file") {
        $0 = Data("what?".utf8)
      },
    ]

    @Test(arguments: mishaps) func aStartIsRefusedUntilItIsMended(_ mishap: Mishap) async throws {
      try await withWaiting(3) { stage, escrow, archive, _, samples in
        await escrow.kill()
        try mishap.happen(stage.directory)
        let result = try await escrow.alone("serve")
        #expect(result.code == 1, "\(result)")
        for word in mishap.words { #expect(result.errors.contains(word), "\(result)") }
        #expect(result.errors.contains("docs/recovery.md") || !result.errors.contains("escrow rebuild"))

        try mishap.mend(stage.directory)
        try await escrow.start()
        try await archive.up()
        try await escrow.purges(samples.count)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
      }
    }

    @Test func aSecondServerIsRefusedAndDisturbsNothing() async throws {
      try await withWaiting(2) { _, escrow, archive, _, samples in
        let second = try await escrow.alone("serve")
        #expect(second.code == 1 && second.errors.contains("in use by another escrow process"), "\(second)")
        let rebuild = try await escrow.alone("rebuild", "--yes")
        #expect(rebuild.code == 1 && rebuild.errors.contains("in use by another escrow process"), "\(rebuild)")
        try await archive.up()
        try await escrow.purges(samples.count)
      }
    }

    // MARK: Files

    /// The file of an instance.
    private func file(_ sample: Sample, of escrow: EscrowProcess) async throws -> String {
      let id = try await escrow.instance(sample.uid)["id"].string ?? "?"
      guard let path = escrow.spooled.first(where: { $0.contains(id) }) else { throw ProcessError("no file \(id)") }
      return path
    }

    private func flip(_ path: String) throws {
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      let end = try handle.seekToEnd()
      try handle.seek(toOffset: end - 100)
      let byte = try handle.read(upToCount: 1)?.first ?? 0
      try handle.seek(toOffset: end - 100)
      try handle.write(contentsOf: [byte ^ 1])
      try handle.close()
    }

    /// Changes the files of the first five in five ways.
    private func damage(_ paths: [String], on stage: Stage) throws {
      let files = FileManager.default
      try flip(paths[0])
      truncate(paths[1], 1000)
      try files.removeItem(atPath: paths[2])
      try files.moveItem(atPath: paths[3], toPath: stage.directory.appending("elsewhere"))
      symlink(stage.directory.appending("elsewhere"), paths[3])
      try files.removeItem(atPath: paths[4])
      try files.copyItem(atPath: paths[5], toPath: paths[4])
    }

    @Test(arguments: [true, false])
    func aDamagedFileNeverLeavesAndComesBackWithTheSameBytes(whileRunning: Bool) async throws {
      try await withWaiting { stage, escrow, archive, modality, samples in
        var paths: [String] = []
        for sample in samples { paths.append(try await file(sample, of: escrow)) }
        if !whileRunning { await escrow.kill() }
        try damage(paths, on: stage)
        if !whileRunning { try await escrow.start() }
        try await archive.up()

        try await eventually("the whole one is delivered and the others are damaged") {
          let damaged = try await escrow.instances("damaged")
          return try await escrow.instances("purged") == 1 && damaged == 5
        }
        #expect(Set(try await archive.stored().keys) == [samples[5].uid])
        #expect(try await escrow.alarms().isSuperset(of: ["instance.damaged", "delivery.failed"]))
        let told = try await escrow.instance(samples[0].uid)
        #expect(told["reason"].string?.contains("its bytes are not those received") == true, "\(told)")
        #expect(told["deliveries"][0]["reason"] == "damaged")

        try await modality.store(samples)
        try await eventually("everything is delivered") { try await escrow.instances("purged") >= 6 }
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
        try await eventually("no alarm") { try await escrow.alarms().isEmpty }
      }
    }
  }
}
