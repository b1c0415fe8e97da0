import DICOM
import EscrowCore

/// What a random sequence of verbs has to choose from; it remembers what it did.
struct RandomWorld {
  var random: SeededGenerator
  /// Seconds since the beginning.
  var seconds = 0
  var instances = 0
  var admissions: [Admission] = []
  var transactions = 0
  var jobs = 0
  var inquiries: [CommitmentInquiry] = []
  /// Attempts that may still be under way.
  var claims: [ClaimKey] = []
  let endpoints = ["ops", "ris"]
  let destinations: [PeerName] = ["archive", "research", "ct1"]
  let policy = CommitmentPolicy(
    quiet: .seconds(5), maxWait: .seconds(30), maxReferences: 3, askAgain: [.seconds(40), .seconds(90)],
    alarmAfter: .seconds(200), asksBeforeResend: 2, maxResends: 2)

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  var now: Timestamp { .at(seconds) }
  var uids: [UID] { (1...8).map { SOPInstance.number($0).instanceUID } + [Scene.study, Scene.otherStudy] }
  var policies: [PeerName: CommitmentPolicy] { ["archive": policy, "research": policy] }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func one<Item>(of items: [Item]) -> Item? { items.randomElement(using: &random) }

  mutating func some<Item>(of items: [Item], percent: Int) -> [Item] {
    var chosen: [Item] = []
    for item in items where chance(percent) { chosen.append(item) }
    return chosen
  }

  mutating func destination() -> PeerName { one(of: destinations) ?? "archive" }

  /// An instance that was admitted, as it may be named.
  mutating func known() -> InstanceID { .number(below(max(instances, 1)) + 1) }

  /// A new admission, often of a SOP Instance UID that came before.
  mutating func admission() -> Admission {
    if chance(8), let again = one(of: admissions) { return again }
    instances += 1
    let sop = below(8) + 1
    let study: UID? = sop == 8 ? nil : sop > 5 ? Scene.otherStudy : Scene.study
    let planned = plan()
    var admission = Admission(
      id: .number(instances), sop: .number(sop), transferSyntax: "1.2.840.10008.1.2",
      attributes: InstanceAttributes(patientID: "P\(sop)", studyInstanceUID: study, modality: "CT"),
      source: Source(
        callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: one(of: ["ct1", "archive", nil]) ?? nil,
        association: "a\(instances)"),
      receivedAt: now, dataSetLength: Int64(below(1000)), digest: Digest(high: 1, low: chance(85) ? 1 : 2),
      plan: RoutingPlan(
        deliveries: planned, hold: planned.isEmpty ? one(of: ["no route took it", "unreadable"]) : nil,
        retention: one(of: [.after(.seconds(20)), .after(.zero), .never, .after(.seconds(90))]) ?? .never),
      recovered: chance(10), pin: chance(10) ? "rebuilt" : nil)
    if chance(10) { admission.lost = [known()] }
    admissions.append(admission)
    return admission
  }

  private mutating func plan() -> [PlannedDelivery] {
    var planned: [PlannedDelivery] = []
    for destination in some(of: destinations, percent: 60) {
      planned.append(
        PlannedDelivery(
          to: destination, proof: chance(60) ? .commitment : chance(60) ? .query : .response,
          origin: chance(85) ? .route : .api,
          priority: one(of: Priority.allCases) ?? .medium, routes: ["r\(below(3))"], acceptDiscarded: chance(30),
          overwrites: chance(40)))
    }
    return planned
  }
}
