import DICOM
import EscrowCore

extension LedgerConformance {
  static let traces: [LedgerCase] = [
    LedgerCase("the trace of a SOP Instance UID has all that happened to it") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.deliver(2)
      let trace = try await scene.ledger.trace(SOPInstance.number(1).instanceUID)
      try expect(trace.instances.map(\.id.number), [1])
      try expect(trace.deliveries.map(\.instance.number), [1])
      try expect(trace.attempts.map(\.result), ["stored"])
      try expect(trace.attempts.map(\.transferSyntax), ["1.2.840.10008.1.2"])
      try expect(trace.transactions.map(\.committed), [true])
      try expect(trace.transactions.map(\.reportedBy), ["ARCHIVE@10.0.0.5"])
      try expect(trace.events.map(\.event.kind), [.instanceReceived])
    },
    LedgerCase("the trace of a study has all its instances and what was told of it") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.admit(3, study: Scene.otherStudy)
      try await scene.deliver(2)
      let trace = try await scene.ledger.trace(Scene.study)
      try expect(trace.instances.map(\.id.number), [1, 2])
      try expect(trace.transactions.count, 2)
      let kinds = trace.events.map(\.event.kind)
      try expect(kinds, [.instanceReceived, .instanceReceived, .commitmentRequested, .commitmentSucceeded])
      try await expect(scene.ledger.trace("1.2.3").instances, [])
    },
    LedgerCase("events are read on from a sequence") { scene in
      try await expect(scene.ledger.lastEvent(), 0)
      for seconds in 1...3 { try await scene.tell(at: seconds) }
      let first = try await scene.ledger.events(after: 0, limit: 2)
      try expect(first.map(\.event.at), [.at(1), .at(2)])
      let rest = try await scene.ledger.events(after: first.last?.sequence ?? 0, limit: 2)
      try expect(rest.map(\.event.at), [.at(3)])
      try await expect(scene.ledger.lastEvent(), rest.last?.sequence ?? 0)
    },
    LedgerCase("a late instance is a wave of its own, and each wave tells each step once") { scene in
      try await scene.admit(1)
      try await expect(scene.advance(at: 60), nil)
      try await scene.admit(2, at: 100)
      try await expect(scene.advance(at: 101), .at(160))
      try await scene.advance(at: 160)
      try await scene.deliver(2, at: 200)
      for seconds in 230...231 { try await scene.advance(at: seconds) }
      try await expect(scene.purge(at: 1220).count, 2)
      try await scene.finishPurge(1, at: 1221)
      try await scene.advance(at: 1221)
      try await scene.finishPurge(2, at: 1222)
      for seconds in 1222...1223 { try await scene.advance(at: seconds) }
      let told = try await scene.events().filter { $0.rawValue.hasPrefix("study.") }
      try expect(
        told,
        [
          .studyReceived, .studyReceived, .studyDelivered, .studyCommitted, .studyDelivered, .studyCommitted,
          .studyPurged, .studyPurged,
        ])
    },
    LedgerCase("a wave is not told before all of it is there") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.deliver(1)
      try await scene.advance(at: 60)
      let told = try await scene.events().filter { $0.rawValue.hasPrefix("study.") }
      try expect(told, [.studyReceived, .studyDelivered])
    },
  ]
}
