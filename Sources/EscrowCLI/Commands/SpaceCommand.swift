import AdminAPI
import ArgumentParser

/// `escrow space`.
struct SpaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "space", abstract: "Show what takes the spool's room, and which decision would free how much.",
    discussion: "Exit code 1 when a file system is below a watermark.\n\nExample:\n  escrow space")

  @Option(help: "At most this many studies of each kind, up to 100.") var limit = 10
  @OptionGroup var options: ClientOptions

  func run() throws {
    let body = try options.client().get(SpaceBody.self, "/api/v1/space?limit=\(limit)", json: options.json)
    if !options.json { show(body) }
    if body.disks.contains(where: { $0.level != "enough" }) { throw Failure(.no) }
  }

  private func show(_ body: SpaceBody) {
    for disk in body.disks {
      let free = disk.freeBytes.map { "\(bytesText($0)) free" } ?? "unknown"
      let total = disk.totalBytes.map { " of \(bytesText($0))" } ?? ""
      print("\(disk.content): \(free)\(total), \(disk.level)" + (disk.reason.map { ": \($0)" } ?? ""))
    }
    if body.decisions.isEmpty { print("\n\(Self.nothingToDecide(isEmpty: body.largest.isEmpty))") }
    if !body.decisions.isEmpty {
      print("\nWhat would be freed:")
      var table = TextTable("DECISION", "INSTANCES", "BYTES", "WHAT IT IS")
      for decision in body.decisions {
        let more = decision.isAtLeast ? "at least " : ""
        table.add(
          decision.decision + (decision.to.map { " \($0)" } ?? ""), more + "\(decision.instances)",
          more + bytesText(decision.bytes), decision.text)
      }
      table.write()
    }
    show("Studies that wait longest", body.longestWaiting)
    show("Largest studies", body.largest)
  }

  /// What is said when there is no decision to offer.
  ///
  /// - Parameter isEmpty: whether nothing is kept at all.
  static func nothingToDecide(isEmpty: Bool) -> String {
    if isEmpty { return "Nothing is kept." }
    return """
      No single decision would free anything. What is kept is not proved safe anywhere else yet, waits for several
      destinations, or is to stay (`purge: never`, legal hold). What waits, and why: escrow queue ls
      """
  }

  private func show(_ title: String, _ studies: [KeptStudyBody]) {
    guard !studies.isEmpty else { return }
    print("\n\(title):")
    var table = TextTable("STUDY", "INSTANCES", "BYTES", "WAITS SINCE")
    for study in studies {
      table.add(study.studyInstanceUID, "\(study.instances)", bytesText(study.bytes), study.waitsSince ?? "-")
    }
    table.write()
  }
}
