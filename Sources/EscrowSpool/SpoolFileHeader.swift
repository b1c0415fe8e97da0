import DICOM
import EscrowCore

/// The bytes of a spool file before its data set: preamble, File Meta Information and in it, last, the envelope
/// (PS3.10 §7.1).
struct SpoolFileHeader: Sendable {
  /// What a file begins with while it is written: the envelope is blank.
  let unfinished: [UInt8]

  /// Where the envelope begins, which ends where the data set begins.
  var envelopeOffset: Int { unfinished.count - Envelope.size }

  /// The header of the file of an instance of which length and digest are not known yet.
  /// - Throws: ``SpoolError/unwritable(reason:)`` for a UID that nobody could have meant.
  init(_ record: SpoolRecord) throws {
    for uid in [record.sop.classUID, record.sop.instanceUID, record.transferSyntax]
    where uid.rawValue.utf8.count > SpoolFileHeader.longestUID {
      throw SpoolError.unwritable(reason: "a UID has \(uid.rawValue.utf8.count) bytes")
    }
    unfinished = SpoolFileHeader.meta(record).encoded().bytes
  }

  /// The envelope that makes the file complete.
  func envelope(of record: SpoolRecord) -> [UInt8] {
    let envelope = Envelope.encode(record)
    return envelope + Digest.of(unfinished.prefix(envelopeOffset) + envelope).canonicalBytes
  }

  /// What the start of a file says and how long its header is; nil unless it is that of a complete spool file.
  static func decode(_ start: [UInt8]) -> (record: SpoolRecord, length: Int)? {
    guard let (meta, length) = try? FileMeta.decode(start, isWholeFile: false), let sop = meta.sopInstance,
      let envelope = meta.privateInformation, envelope.creator == Envelope.creator
    else { return nil }
    let header = start.prefix(length)
    guard Digest.of(header.dropLast(Envelope.checksumSize)).canonicalBytes == header.suffix(Envelope.checksumSize),
      let record = Envelope.decode(envelope.value, sop: sop, transferSyntax: meta.transferSyntax.uid)
    else { return nil }
    return (record, length)
  }

  /// How long headers are, and how long the longest can be, in bytes.
  static let usualLength = 2048
  static let greatestLength = 16 << 10

  /// Sixteen times what the standard allows: a UID is kept as received, but not without bound.
  private static let longestUID = 1024

  private static func meta(_ record: SpoolRecord) -> FileMeta {
    FileMeta(
      sopInstance: record.sop, transferSyntax: TransferSyntax(record.transferSyntax),
      implementationClassUID: "2.25.338659925257741584233474064901395368674", implementationVersionName: "ESCROW",
      sourceAE: valid(record.source.callingAE), sendingAE: valid(record.source.callingAE),
      receivingAE: valid(record.source.calledAE),
      privateInformation: FileMeta.PrivateInformation(creator: Envelope.creator, value: Envelope.blank))
  }

  /// File Meta Information has room for proper titles only; the envelope has the others too.
  private static func valid(_ title: AETitle) -> AETitle? { title.isValid ? title : nil }
}
