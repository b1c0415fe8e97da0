/// How much happened in a run.
struct TrafficTally: Sendable, CustomStringConvertible {
  var instances = 0
  var attempts = 0
  var reports = 0
  var queries = 0
  var held = 0
  var restarts = 0
  var purged = 0
  var superseded = 0
  var failed = 0
  var days = 0

  var description: String {
    "\(instances) instances, \(attempts) attempts, \(reports) reports, \(queries) asked by query, \(held) refused classes, "
      + "\(restarts) restarts; \(purged) purged, \(superseded) deliveries superseded, \(failed) failed; "
      + "over after \(days) days"
  }
}
