import AdminAPI
import ArgumentParser

/// `escrow status`.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what waits, how the destinations are, and what is wrong.",
    discussion: "Exit code 1 when an alarm is open or nothing is taken.\n\nExample:\n  escrow status")

  @OptionGroup var options: ClientOptions

  func run() throws {
    let status = try options.client().get(StatusBody.self, "/api/v1/status", json: options.json)
    if !options.json { show(status) }
    if !status.alarms.isEmpty || status.disks.contains(where: { $0.level == "full" }) { throw Failure(.no) }
  }

  private func show(_ status: StatusBody) {
    print("instances   \(countsText(status.instances, none: "none"))")
    print("deliveries  \(countsText(status.deliveries, none: "none"))")
    let free = status.spool.freeBytes.map { ", \(bytesText($0)) free" } ?? ""
    print("spool       \(bytesText(status.spool.bytes)) kept\(free)")
    for disk in status.disks where disk.level != "enough" {
      print("disk        \(disk.level): \(disk.content) (\(disk.path)): \(disk.reason ?? "-")")
    }
    print("")
    var table = TextTable("DESTINATION", "HEALTH", "QUEUED", "SENT", "REQUESTED", "FAILED", "OLDEST", "REASON")
    for (name, body) in status.destinations.sorted(by: { $0.key < $1.key }) { table.add(name, body) }
    table.write()
    print("")
    guard !status.alarms.isEmpty else { return print("no alarms") }
    var alarms = TextTable("ALARM", "SUBJECT", "SINCE", "TEXT")
    for alarm in status.alarms { alarms.add(alarm.kind, alarm.subject, alarm.since, alarm.text) }
    alarms.write()
    for kind in status.moreAlarms { print("... and more of \(kind)") }
  }
}

/// How many are in which state, for people.
func countsText(_ counts: [String: Int], none: String) -> String {
  let present = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
  return present.isEmpty ? none : present.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
}

/// A number of bytes for people.
func bytesText(_ count: Int64) -> String {
  let units = ["B", "kB", "MB", "GB", "TB"]
  var value = Double(count)
  var unit = 0
  while value >= 1000, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  return unit == 0 ? "\(count) B" : "\((value * 10).rounded() / 10) \(units[unit])"
}
