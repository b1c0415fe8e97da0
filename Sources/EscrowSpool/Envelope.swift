import DICOM
import EscrowCore

/// What File Meta Information has no element for, as the value of Private Information (0002,0102).
///
/// Always ``size`` bytes, so that its room can be reserved before the length and digest are known. Integers are
/// little endian as in the rest of File Meta Information; a text is its length in bytes, then its room. The last 16
/// bytes are the digest of every byte of the file before them, so one check covers all that is not data set.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `ESCROW`, version |
/// | 8 | 8 | received, microseconds since 1970 |
/// | 16 | 8 | length of the data set |
/// | 24 | 16 | digest of the data set, as its canonical form |
/// | 40 | 37 | our id |
/// | 77 | 49 + 49 | calling and called AE title |
/// | 175 | 64 | address |
/// | 239 | 128 | peer; length 255 for none |
/// | 367 | 64 | association |
/// | 496 | 16 | checksum |
enum Envelope {
  /// (0002,0100) Private Information Creator UID: says that (0002,0102) is an envelope.
  static let creator: UID = "2.25.301888643345107227243579391582919891372"
  static let size = 512
  static let checksumSize = 16

  private static let magic = Array("ESCROW".utf8)
  private static let version: UInt16 = 1

  /// The envelope of a file that is not complete, never valid.
  static let blank = [UInt8](repeating: 0, count: size)

  /// All but the checksum.
  static func encode(_ record: SpoolRecord) -> [UInt8] {
    var fields = FieldWriter(capacity: size)
    fields.append(magic)
    fields.append(version)
    fields.append(UInt64(bitPattern: record.receivedAt.microseconds))
    fields.append(UInt64(bitPattern: record.dataSetLength))
    fields.append(record.digest.canonicalBytes)
    fields.append(record.id.rawValue, room: 36)
    fields.append(record.source.callingAE.rawValue, room: 48)
    fields.append(record.source.calledAE.rawValue, room: 48)
    fields.append(record.source.address, room: 63)
    fields.append(peer: record.source.peer?.rawValue, room: 127)
    fields.append(record.source.association, room: 63)
    return fields.bytes + [UInt8](repeating: 0, count: size - checksumSize - fields.bytes.count)
  }

  /// What `envelope` says, together with what File Meta Information says; nil unless it is one of ours.
  static func decode(_ envelope: some Collection<UInt8>, sop: SOPInstance, transferSyntax: UID) -> SpoolRecord? {
    var fields = FieldReader(Array(envelope))
    guard envelope.count == size, fields.bytes(6) == magic, fields.integer(UInt16.self) == version else { return nil }
    let receivedAt = Timestamp(microseconds: Int64(bitPattern: fields.integer()))
    let dataSetLength = Int64(bitPattern: fields.integer())
    let digest = Digest(canonicalBytes: fields.bytes(16))
    guard let id = fields.text(room: 36), let callingAE = fields.text(room: 48), let calledAE = fields.text(room: 48),
      let address = fields.text(room: 63)
    else { return nil }
    let peer = fields.text(room: 127).map { PeerName($0) }
    guard let association = fields.text(room: 63) else { return nil }
    return SpoolRecord(
      id: InstanceID(rawValue: id), sop: sop, transferSyntax: transferSyntax,
      source: Source(
        callingAE: AETitle(callingAE), calledAE: AETitle(calledAE), address: address, peer: peer,
        association: association),
      receivedAt: receivedAt, dataSetLength: dataSetLength, digest: digest)
  }
}

extension Digest {
  /// 16 bytes, big endian, as libxxhash's canonical form.
  var canonicalBytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

  init(canonicalBytes bytes: [UInt8]) {
    self.init(
      high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
      low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
  }
}

extension FixedWidthInteger {
  fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
