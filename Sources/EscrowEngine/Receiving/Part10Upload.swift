import EscrowConfiguration
import DICOM
import EscrowCore
import EscrowSpool
import NIOCore

/// Takes a Part 10 file that comes in pieces into the spool: its data set byte for byte, with a File Meta of ours.
struct Part10Upload: Sendable {
  let context: EngineContext
  let rules: Rules

  func receive<Chunks: AsyncSequence>(_ chunks: Chunks) async throws -> ReceivedInstance
  where Chunks.Element == ByteBuffer {
    var start = ByteBuffer()
    var upload: StoreReceiver?
    var structure: HeaderReader?
    let room = Signal()
    do {
      for try await chunk in chunks {
        if let upload {
          // The rest is of no use, and the end tells why.
          if upload.isDropping { break }
          chunk.withUnsafeReadableBytes { structure?.read($0) }
          if !upload.receive(chunk) { await room.wait() }
        } else {
          start.writeImmutableBuffer(chunk)
          upload = try begin(&start, room: room)
          structure = upload.map { Self.structure(of: TransferSyntax($0.transferSyntax), beginning: start) }
        }
      }
      guard let upload else { throw SubmissionError.notDICOM("the file ends within its File Meta Information") }
      if structure?.finish().condition == .truncated {
        throw SubmissionError.notDICOM("the data set ends in the middle of an element: the file is cut off")
      }
      let (file, header) = try await upload.finish()
      return try await checked(
        ReceivedInstance(
          id: upload.id, sop: upload.sop, transferSyntax: upload.transferSyntax, source: upload.source,
          receivedAt: upload.receivedAt, dataSetLength: file.dataSetLength, digest: file.digest, header: header))
    } catch {
      upload?.abandon()
      throw error
    }
  }

  /// A file, unlike a message, does not say where it ends: only its elements tell whether it is whole. Looks for one that
  /// comes after all others.
  private static func structure(of transferSyntax: TransferSyntax, beginning: ByteBuffer) -> HeaderReader {
    var reader = HeaderReader(transferSyntax: transferSyntax, wanted: [Tag(0xFFFC, 0xFFFC)])
    beginning.withUnsafeReadableBytes { reader.read($0) }
    return reader
  }

  /// Begins when the File Meta is complete; nil while it is not.
  private func begin(_ start: inout ByteBuffer, room: Signal) throws -> StoreReceiver? {
    let meta: FileMeta
    let offset: Int
    do throws(FileMetaError) {
      (meta, offset) = try FileMeta.decode(Array(start.readableBytesView), isWholeFile: false)
    } catch {
      if error == .incomplete { return nil }
      throw SubmissionError.notDICOM("\(error)")
    }
    guard let sop = meta.sopInstance, sop.classUID.isValid, sop.instanceUID.isValid else {
      throw SubmissionError.notDICOM("SOP class or instance is missing or malformed in the File Meta Information")
    }
    let receiver = try StoreReceiver(
      sop: sop, transferSyntax: meta.transferSyntax.uid,
      source: Source(
        callingAE: "", calledAE: rules.settings.aeTitles.first ?? "", address: "http", peer: nil, association: "http"),
      context: context, rules: rules, resume: { room.wake() })
    start.moveReaderIndex(forwardBy: offset)
    _ = receiver.receive(start.slice())
    return receiver
  }

  private func checked(_ instance: ReceivedInstance) async throws -> ReceivedInstance {
    guard let refusal = StoreRefusal.of(instance.header, sop: instance.sop) else { return instance }
    try await context.spool.remove([instance.id])
    throw SubmissionError.notDICOM(refusal.text)
  }
}
