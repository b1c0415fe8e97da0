import DICOM
import EscrowCore

extension MemoryRecord {
  /// Writes a new instance with what is planned for it.
  mutating func add(_ consignment: Consignment, now: Timestamp) {
    let row = consignments.endIndex
    var consignment = consignment
    consignment.instance.legalHold = legalHold(of: consignment.instance)
    consignments.append(Consignment(instance: consignment.instance, deliveries: []))
    rowOfInstance[consignment.instance.id] = row
    rowsOfSOPInstance[consignment.instance.sop.instanceUID, default: []].append(row)
    touch(consignment.instance.sop.instanceUID, wasContradicted: true)
    let wave = wave(of: consignment.instance, now: now)
    waveOfRow.append(wave)
    waves[wave].wave.tally.instances += 1
    waves[wave].isChanged = true
    save(consignment, at: row)
  }

  /// The open wave of an instance's study, begun if there is none; the instance is its latest arrival.
  private mutating func wave(of instance: Instance, now: Timestamp) -> Int {
    let key = instance.studyKey
    if let open = openWaves[key] {
      waves[open].wave.lastArrival = now
      return open
    }
    let isStudy = instance.attributes.studyInstanceUID != nil
    waves.append(MemoryWave(wave: StudyWave(key: key, isStudy: isStudy, lastArrival: now)))
    openWaves[key] = waves.count - 1
    return waves.count - 1
  }

  /// Writes what was changed of the consignment at `row`, and carries out what it causes.
  mutating func save(_ changed: Consignment, at row: Int) {
    var changed = changed
    let before = consignments[row]
    insert(&changed, at: row)
    for (old, new) in zip(before.deliveries, changed.deliveries) where old != new {
      save(new, over: old, sopInstanceUID: before.instance.sop.instanceUID)
    }
    consignments[row].instance = changed.instance
    let isDiscarded = before.instance.state != .discarded && changed.instance.state == .discarded
    if isDiscarded || before.instance.conflicted != changed.instance.conflicted {
      touch(changed.instance.sop.instanceUID, wasContradicted: changed.instance.conflicted)
    }
    count(row, since: before)
    carryOut(changed.effects)
  }

  private mutating func insert(_ changed: inout Consignment, at row: Int) {
    let instance = consignments[row].instance
    for planned in changed.planned {
      lastDelivery += 1
      let id = DeliveryID(rawValue: lastDelivery)
      var delivery = planned.delivery(id: id, of: instance.id, wave: Int64(waveOfRow[row]) + 1)
      delivery.lineUp(behind: deliveries(sopInstanceUID: instance.sop.instanceUID))
      rowOfDelivery[id] = row
      consignments[row].deliveries.append(delivery)
      changed.append(delivery)
    }
    changed.planned = []
  }

  /// Writes a changed delivery, keeps the order of deliveries of one SOP Instance UID, and the quiet times.
  private mutating func save(_ changed: Delivery, over before: Delivery, sopInstanceUID: UID) {
    var delivery = changed
    if before.state.isTerminal, delivery.state == .queued {
      delivery.lineUp(behind: deliveries(sopInstanceUID: sopInstanceUID))
    }
    // Another of its instance may have ended just now, and have let it step up.
    let stepped = stepUp(&delivery, since: before)
    write(delivery)
    if !before.state.isTerminal, delivery.state.isTerminal {
      release(behind: before, to: stepped, sopInstanceUID: sopInstanceUID)
    }
    if delivery.awaitsQuiet, !before.awaitsQuiet { restartQuiet(delivery) }
  }

  /// Keeps where it stands in line now, unless that is what was changed; what it waits for on record.
  private func stepUp(_ delivery: inout Delivery, since before: Delivery) -> DeliveryID? {
    guard let row = rowOfDelivery[before.id],
      let known = consignments[row].deliveries.first(where: { $0.id == before.id }), known.behind != before.behind
    else { return before.behind }
    if delivery.behind == before.behind { delivery.behind = known.behind }
    if delivery.reason == before.reason { delivery.reason = known.reason }
    return known.behind
  }

  private func deliveries(sopInstanceUID uid: UID) -> [Delivery] {
    rowsOfSOPInstance[uid, default: []].flatMap { consignments[$0].deliveries }
  }

  /// What waited for `ended` goes on one after the other: the first waits for what that one waited for, or for nothing.
  private mutating func release(behind ended: Delivery, to leader: DeliveryID?, sopInstanceUID: UID) {
    var ahead = leader
    let followers = deliveries(sopInstanceUID: sopInstanceUID).filter { $0.behind == ended.id }
    for var follower in followers.sorted(by: { $0.id < $1.id }) {
      follower.stepUp(behind: follower.destination == ended.destination ? ahead : nil)
      write(follower)
      if follower.destination == ended.destination { ahead = follower.id }
    }
  }

  private mutating func restartQuiet(_ delivery: Delivery) {
    guard let row = rowOfDelivery[delivery.id], let sentAt = delivery.sentAt else { return }
    let key = MemoryQuietKey(destination: delivery.destination, study: consignments[row].studyKey)
    quietTimes[key] = max(quietTimes[key] ?? sentAt, sentAt)
  }

  /// Keeps the tally of the wave of the consignment at `row`.
  private mutating func count(_ row: Int, since before: Consignment) {
    var old = StudyWave.Tally()
    before.count(into: &old)
    var new = StudyWave.Tally()
    consignments[row].count(into: &new)
    guard old != new else { return }
    let wave = waveOfRow[row]
    waves[wave].wave.tally.stored += new.stored - old.stored
    waves[wave].wave.tally.committed += new.committed - old.committed
    waves[wave].wave.tally.purged += new.purged - old.purged
    waves[wave].wave.tally.failed += new.failed - old.failed
    waves[wave].isChanged = true
  }
}
