import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOCore
import Testing

/// Data sets that are read while the answer to the one before is awaited.
@Suite struct ReadAheadTests {
  /// What arrived, and a service that answers the first request only when `source` has been read from.
  private struct Sink {
    let bodies = Events<ByteBuffer>()

    func service(waitingFor source: PatternSource) -> ProbeService {
      .collecting { [bodies] answered, bytes in
        bodies.add(bytes)
        guard answered == 0 else { return }
        let read = try await source.reads.next()
        #expect(read == 0)
      }
    }

    func next() async throws -> [UInt8] { [UInt8](buffer: try await bodies.next()) }
  }

  private static func store(
    _ source: PatternSource, on association: Association, before next: PatternSource? = nil
  ) async throws {
    let reply = try await association.send(
      .probeStore, dataSet: .source(source), on: 3, timeout: .seconds(600),
      before: next.map { UpcomingDataSet(source: $0, context: 3) })
    #expect(reply.command.statusCode == .success && reply.dataSetWasComplete)
  }

  @Test(arguments: [1, 999, 16_379, 525_000, 1_048_528, 1_048_577, 5_000_003])
  func theNextIsReadAndArrivesAsItIs(length: Int) async throws {
    let (first, second, third) = (
      PatternSource(length: 70_000), PatternSource(length: length), PatternSource(length: 9)
    )
    let sink = Sink()
    try await withListener(sink.service(waitingFor: second)) { _, port in
      let association = try await connect(to: port)
      try await Self.store(first, on: association, before: second)
      try await Self.store(second, on: association, before: third)
      try await Self.store(third, on: association)
      for length in [70_000, length, 9] { #expect(try await sink.next() == PatternSource.bytes(length)) }
      await association.release()
    }
  }

  /// An empty data set is never read from.
  @Test func anEmptyOneArrivesAsItIs() async throws {
    let bodies = Events<ByteBuffer>()
    try await withListener(.collecting { _, bytes in bodies.add(bytes) }) { _, port in
      let association = try await connect(to: port)
      let empty = PatternSource(length: 0)
      try await Self.store(PatternSource(length: 5), on: association, before: empty)
      try await Self.store(empty, on: association)
      #expect(try await bodies.next().readableBytes == 5)
      #expect(try await bodies.next().readableBytes == 0)
      await association.release()
    }
  }

  @Test func whatWasReadInVainIsNotSent() async throws {
    let (expected, other) = (PatternSource(length: 600_000), PatternSource(length: 40_000))
    let sink = Sink()
    try await withListener(sink.service(waitingFor: expected)) { _, port in
      let association = try await connect(to: port)
      try await Self.store(PatternSource(length: 10), on: association, before: expected)
      try await Self.store(other, on: association)
      let echo = try await association.send(.probeEcho, on: 1, timeout: .seconds(600))
      #expect(echo.command.statusCode == .success)
      for length in [10, 40_000] { #expect(try await sink.next() == PatternSource.bytes(length)) }
      await association.release()
    }
  }

  @Test func aFailureIsThatOfItsOwnRequest() async throws {
    let broken = PatternSource(length: 600_000, failsAt: 0)
    let sink = Sink()
    try await withListener(sink.service(waitingFor: broken)) { _, port in
      let association = try await connect(to: port)
      try await Self.store(PatternSource(length: 10), on: association, before: broken)
      #expect(try await sink.next().count == 10)
      do {
        try await Self.store(broken, on: association)
        Issue.record("must throw")
      } catch AssociationError.source(let error) {
        #expect(error is PatternSource.Failure)
      }
    }
  }

  @Test func anAssociationMayEndWithWhatWasReadUnsent() async throws {
    let unsent = PatternSource(length: 600_000)
    let sink = Sink()
    try await withListener(sink.service(waitingFor: unsent)) { _, port in
      let association = try await connect(to: port)
      try await Self.store(PatternSource(length: 10), on: association, before: unsent)
      await association.release()
      await #expect(throws: AssociationError.self) { try await Self.store(unsent, on: association) }
    }
  }
}
