import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import EscrowSpool
import NIOConcurrencyHelpers
import NIOCore

/// Takes one instance's data set from the network into the spool, while the header is read from the same bytes.
final class StoreReceiver: DataSetReceiver {
  let id: InstanceID
  let sop: SOPInstance
  let transferSyntax: UID
  let source: Source
  let receivedAt: Timestamp
  /// By what it is routed: what is looked for in its header is what these rules need.
  let rules: Rules
  private let writer: SpoolWriter
  private let gate: IntakeGate
  private let pace: SourcePace?
  private let debt = NIOLockedValueBox(Duration.zero)
  private let header: HeaderObserver

  init(
    sop: SOPInstance, transferSyntax: UID, source: Source, context: EngineContext, rules: Rules,
    pace: SourcePace? = nil, resume: @escaping @Sendable () -> Void
  ) throws {
    let gate = IntakeGate(resume: resume)
    self.gate = gate
    self.pace = pace
    receivedAt = context.clock.now()
    id = context.newID(receivedAt)
    self.sop = sop
    self.transferSyntax = transferSyntax
    self.source = source
    self.rules = rules
    header = HeaderObserver(transferSyntax: transferSyntax, wanted: rules.wantedTags)
    writer = try context.spool.writer(
      id: id, sop: sop, transferSyntax: transferSyntax, source: source, receivedAt: receivedAt, observer: header,
      onDrained: { gate.end() })
  }

  func receive(_ fragment: ByteBuffer) -> Bool {
    let hasRoom = writer.append(fragment)
    guard let pace else { return gate.pass(hasRoom: hasRoom, wait: .zero) }
    let wait = pace.take(fragment.readableBytes)
    debt.withLockedValue { $0 = wait }
    return gate.pass(hasRoom: hasRoom, wait: wait)
  }

  /// How long the sender's next instance should keep it waiting, when its last fragment is in.
  var owed: Duration { debt.withLockedValue { $0 } }

  var isDropping: Bool { writer.hasFailed }

  func abandon() { writer.abandon() }

  /// Makes the file durable and tells what is in it.
  func finish() async throws -> (file: SpooledFile, header: Header) {
    let file = try await writer.finish()
    return (file, header.finish())
  }
}

/// Feeds the header reader with what the spool writes, on the writer's I/O thread.
final class HeaderObserver: ChunkObserver {
  private let reader: NIOLockedValueBox<HeaderReader>

  init(transferSyntax: UID, wanted: Set<Tag>) {
    reader = NIOLockedValueBox(HeaderReader(transferSyntax: TransferSyntax(transferSyntax), wanted: wanted))
  }

  func observe(_ bytes: UnsafeRawBufferPointer) {
    reader.withLockedValue { $0.read(bytes) }
  }

  /// Whether what follows changes nothing any more.
  var isDone: Bool { reader.withLockedValue { $0.isDone } }

  func finish() -> Header { reader.withLockedValue { $0.finish() } }
}
