import EscrowTesting
import Testing

extension Stories {
  /// Names in the character sets of the world (PS3.3 §C.12.1.1.2), among programs that read them independently.
  @Suite struct CharacterSets {
    /// pydicom's files in many character sets, each with what pydicom reads in it.
    private func files(on stage: Stage) async throws -> [JSON] {
      let command = Command(
        Repository.python, [Repository.peer("charsets.py"), stage.directory.appending("charsets")])
      return try await command.check().json().items
    }

    /// A route that takes a name, which may be composed of several groups.
    private func route(of name: String) -> String {
      """
      match: { PatientName: "\(name)" }
      hold: tried
      """
    }

    @Test func routesAreTriedOnFilesInEveryCharacterSet() async throws {
      try await Stage.run { stage in
        let files = try await files(on: stage).filter { $0["name"].string != "" }
        #expect(files.count == 15)
        // One route for each group of each name, in the words of pydicom.
        var names: [String: String] = [:]
        for (index, file) in files.enumerated() {
          let groups = (file["name"].string ?? "").split(separator: "=").map(String.init)
          for (number, group) in groups.enumerated() { names["f\(index)-\(number)"] = group }
        }
        let escrow = try EscrowProcess(
          on: stage, peers: sender("ct1", "CT1"), routes: names.mapValues { route(of: $0) })
        for (index, file) in files.enumerated() {
          let tried = try await escrow.alone("route", "test", "--json", file["path"].string ?? "")
          #expect(tried.code == 1, "\(tried)")
          let taken = try tried.json()[0]["routes"].items.filter { $0["matches"].bool == true }
          let wanted = Set(names.keys.filter { $0.hasPrefix("f\(index)-") })
          #expect(!wanted.isEmpty && wanted.isSubset(of: taken.compactMap { $0["route"].string }), "\(file): \(tried)")
        }
      }
    }

    @Test func attributesAreShownAsPydicomReadsThem() async throws {
      try await Stage.run { stage in
        let escrow = try await EscrowProcess.start(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        for file in try await files(on: stage) {
          let stored = try await escrow.http.request("POST", "/instances", file: file["path"].string ?? "")
          let id = try stored.json()["ID"].string ?? ""
          let shown = try await escrow.http.get("/instances/\(id)/simplified-tags")
          #expect(!file["tags"].members.isEmpty)
          compare(file["tags"], shown, file["label"].string ?? "")
        }
      }
    }

    private func compare(_ expected: JSON, _ shown: JSON, _ label: String) {
      for (keyword, value) in expected.members {
        for (index, item) in value.items.enumerated() { compare(item, shown[keyword][index], label) }
        // pydicom leaves out the empty groups at the end of a name.
        var found = shown[keyword].string
        while found?.hasSuffix("=") == true { found?.removeLast() }
        if let text = value.string { #expect(found == text, "\(keyword) in \(label)") }
      }
    }

    @Test func instancesAreRoutedByNamesInJapaneseAndChinese() async throws {
      try await Stage.run { stage in
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: [
            "japanese": EndToEndTests.route(match: "{ PatientName: \"山田*\" }", to: ["to: archive, proof: response"]),
            "chinese": EndToEndTests.route(
              match: "{ PatientName: \"/^王.*小东$/\" }", to: ["to: archive, proof: response"]),
          ])
        let all = try await files(on: stage)
        let labels = [#"\ISO 2022 IR 87"#, "GB18030", #"\ISO 2022 IR 149"#]
        let sent = try labels.map { label in try #require(all.first { $0["label"].string == label }) }
        for file in sent {
          let command = Command(
            Repository.python,
            [
              "-m", "pynetdicom", "storescu", "127.0.0.1", "\(escrow.port)", file["path"].string ?? "", "-cx", "-aet",
              "CT1",
            ])
          try await command.check()
        }
        try await escrow.has(2, deliveries: "delivered")
        var routes: [[String]] = []
        for file in sent.prefix(2) {
          let uid = file["uid"].string ?? ""
          routes.append(try await escrow.api("trace/\(uid)")["deliveries"].items.compactMap { $0["to"].string })
        }
        #expect(routes == [["archive"], ["archive"]])
        #expect(try await escrow.instance(sent[2]["uid"].string ?? "")["state"].string == "held")
        #expect(Set(try await archive.stored().keys) == Set(sent.prefix(2).compactMap { $0["uid"].string }))
      }
    }
  }
}
