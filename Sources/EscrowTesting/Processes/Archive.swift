/// A scripted archive that stores and commits: `archive.py`.
package struct Archive: Sendable {
  package let aeTitle: String
  package let port: Int
  private let peer: PythonPeer

  /// An instance that it keeps.
  package struct Stored: Sendable, Equatable {
    package var transferSyntax: String
    package var sha256: String
    package var length: Int
  }

  /// Starts one that sends its reports to `reportPort`.
  package static func start(
    on stage: Stage, aeTitle: String = "ARCHIVE", reportPort: Int? = nil, down: Bool = false
  ) async throws -> Archive {
    let port = try stage.ports.next()
    let name = aeTitle.lowercased()
    let peer = try await stage.python(
      "archive.py",
      ["--ae", aeTitle, "--port", "\(port)", "--directory", stage.directory.appending(name)] + (down ? ["--down"] : []),
      named: name)
    let archive = Archive(aeTitle: aeTitle, port: port, peer: peer)
    if let reportPort { try await archive.report(to: reportPort) }
    return archive
  }

  /// Says where reports go, whoever asked.
  package func report(to port: Int) async throws {
    try await set("reportTo", ["*": ["127.0.0.1", .number(Double(port))]])
  }

  /// Changes its script; the names are in `archive.py`.
  package func set(_ name: String, _ value: JSON) async throws { try await peer.ask("set", [name: value]) }

  /// Accepts associations again.
  package func up() async throws { try await peer.ask("up") }

  /// Refuses connections and aborts what is open.
  package func down() async throws { try await peer.ask("down") }

  /// Sends the reports that wait, or that of one transaction, and returns the statuses they were answered with.
  @discardableResult
  package func reportNow(_ transactionUID: String? = nil) async throws -> [Int?] {
    try await peer.ask("report", transactionUID.map { ["transactionUID": .string($0)] } ?? [:])["statuses"].items.map(
      \.int)
  }

  /// Waits until requests for so many instances have come to it, each instance counted once.
  ///
  /// A delivery is `requested` in Escrow's ledger before the N-ACTION is on its way.
  package func isAsked(for count: Int) async throws {
    try await eventually("the archive is asked for \(count)") {
      let asked = try await events("action").flatMap { $0["uids"].items.compactMap(\.string) }
      return Set(asked).count >= count
    }
  }

  /// What happened: `association`, `store`, `action` or `report`, oldest first.
  package func events(_ kind: String) async throws -> [JSON] {
    try await peer.ask("events", ["kind": .string(kind)])["events"].items
  }

  /// The SOP Instance UIDs of all C-STOREs answered so far, repetitions included.
  package func received() async throws -> [String] { try await events("store").compactMap { $0["uid"].string } }

  /// What it keeps, by SOP Instance UID.
  package func stored() async throws -> [String: Stored] {
    try await peer.ask("stored")["instances"].members.mapValues { entry in
      Stored(
        transferSyntax: entry["transferSyntax"].string ?? "", sha256: entry["sha256"].string ?? "",
        length: entry["length"].int ?? 0)
    }
  }
}
