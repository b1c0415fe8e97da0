import AdminAPI
import ArgumentParser
import Foundation

/// `escrow reconcile`.
struct ReconcileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Compare what came in a day with where it is, and with what its senders speak of.",
    discussion: """
      By source: received, delivered, committed, purged, open, failed, held; and what modalities asked about in \
      commitment requests of that day and never sent here. A day is one of the configuration's timeZone; default: today.
      With --list: compares a file of SOP Instance UIDs, one a line, with all that is on record.
      Exit code 1 when something is missing, failed, held or damaged; with --list, also when something is not safe yet.

      Example:
        escrow reconcile --day 2026-11-27 --peer ct1
        escrow reconcile --list uids.txt
      """)

  @Option(help: "A day, as 2026-11-27. Default: today.") var day: String?
  @Option(help: "Only what this peer sent and asked about.") var peer: String?
  @Option(help: "A text file of SOP Instance UIDs, one a line; - for standard input.") var list: String?
  @OptionGroup var options: ClientOptions

  func run() throws {
    if let list {
      guard day == nil, peer == nil else {
        throw Failure(.usage, "--list compares with all that is on record: without --day and --peer")
      }
      return try compare(list)
    }
    let query = [day.map { "day=\($0.urlEscaped)" }, peer.map { "peer=\($0.urlEscaped)" }].compactMap { $0 }
    let body = try options.client().get(
      ReconciliationBody.self, "/api/v1/reconciliation?" + query.joined(separator: "&"), json: options.json)
    if !options.json { show(body) }
    let isBad = body.sources.contains { $0.failed + $0.held + $0.damaged > 0 } || !body.missing.isEmpty
    if isBad { throw Failure(.no) }
  }

  private func show(_ body: ReconciliationBody) {
    print("\(body.day) (\(body.timeZone))")
    if body.sources.isEmpty {
      print("nothing was received")
    } else {
      var table = TextTable(
        "SOURCE", "PEER", "RECEIVED", "BYTES", "DELIVERED", "COMMITTED", "PURGED", "OPEN", "FAILED", "HELD", "DAMAGED",
        "DISCARDED")
      for source in body.sources {
        table.add(
          source.callingAE, source.peer ?? "-", "\(source.received)", bytesText(source.bytes), "\(source.delivered)",
          "\(source.committed)", "\(source.purged)", "\(source.open)", "\(source.failed)", "\(source.held)",
          "\(source.damaged)", "\(source.discarded)")
      }
      table.write()
    }
    guard !body.missing.isEmpty else { return print("nothing was asked about that never came here") }
    print("Asked about in commitment requests, and never came here:")
    var table = TextTable("PEER", "ASKED", "SOP INSTANCE UID", "TRANSACTION")
    for missing in body.missing {
      table.add(missing.peer, missing.askedAt, missing.sopInstanceUID, missing.transactionUID)
    }
    table.write()
    if body.moreMissing { print("... and more") }
  }

  // MARK: A list

  private func compare(_ file: String) throws {
    let uids = try Self.uids(in: file)
    guard !uids.isEmpty else { throw Failure(.usage, "\(file) has no UID") }
    let client = try options.client()
    var states: [String: Int] = [:]
    var (missing, unsafe) = ([String](), [ComparisonBody.Unsafe]())
    for start in stride(from: 0, to: uids.count, by: ReconciliationListBody.limit) {
      let part = Array(uids[start..<min(start + ReconciliationListBody.limit, uids.count)])
      let body = try client.post(
        ComparisonBody.self, "/api/v1/reconciliation", ReconciliationListBody(sopInstanceUIDs: part),
        json: options.json)
      states.merge(body.states) { $0 + $1 }
      missing += body.missing
      unsafe += body.unsafe
    }
    if !options.json {
      print("\(uids.count) compared: \(missing.count) never came here; on record: \(countsText(states, none: "none"))")
      for uid in missing { print("  missing  \(uid)") }
      for one in unsafe { print("  not safe \(one.sopInstanceUID): \(one.reason)") }
    }
    if !missing.isEmpty || !unsafe.isEmpty { throw Failure(.no) }
  }

  /// The UIDs of a file; what follows `#` in a line is no part of them.
  private static func uids(in file: String) throws -> [String] {
    let handle: FileHandle? = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
    guard let data = try handle?.readToEnd() else {
      if handle != nil { return [] }
      throw Failure(.usage, "cannot read \(file)")
    }
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
      let text = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
      return text.isEmpty ? nil : text
    }
  }
}
