extension EscrowProcess {
  /// Resource `path` of the own HTTP surface.
  package func api(_ path: String) async throws -> JSON { try await http.get("/api/v1/" + path) }

  /// All items of a list, page by page.
  package func all(_ path: String) async throws -> [JSON] {
    var items: [JSON] = []
    var cursor = ""
    repeat {
      let page = try await api("\(path)?limit=1000" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
      items += page["items"].items
      cursor = page["next"].string ?? ""
    } while !cursor.isEmpty
    return items
  }

  /// How many instances are in a state.
  package func instances(_ state: String) async throws -> Int {
    try await api("status")["instances"][state].int ?? 0
  }

  /// How many deliveries are in a state.
  package func deliveries(_ state: String) async throws -> Int {
    try await api("status")["deliveries"][state].int ?? 0
  }

  /// Waits until so many instances are purged and their files gone.
  package func purges(_ count: Int, within deadline: Duration = .seconds(180)) async throws {
    try await eventually("\(count) instances purged", within: deadline) { try await instances("purged") == count }
    try await eventually("an empty spool") { spooled.isEmpty }
  }

  /// Waits until so many deliveries are in a state.
  package func has(_ count: Int, deliveries state: String) async throws {
    try await eventually("\(count) deliveries \(state)") { try await deliveries(state) == count }
  }

  /// What is on record of the instance with a SOP Instance UID.
  package func instance(_ uid: String) async throws -> JSON {
    try await api("instances?sopInstanceUID=\(uid)")["items"][0]
  }

  /// The kinds of the open alarms.
  package func alarms() async throws -> Set<String> {
    Set(try await api("status")["alarms"].items.compactMap { $0["kind"].string })
  }
}
