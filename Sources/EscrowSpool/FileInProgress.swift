import EscrowCore

/// One file while it is written: its durable steps in order, each blocking.
///
/// Ends with ``complete()`` or ``discard()``; after a failed step only ``discard()`` makes sense.
package struct FileInProgress: Sendable {
  private let spool: Spool
  private let digest = StreamDigest()
  private var record: SpoolRecord
  private let header: SpoolFileHeader
  private var place: Place?
  /// Up to where write-back was started.
  private var startedUpTo: Int64 = 0

  /// The open file and, opened before it was created, its directory: only so does the directory's sync report
  /// every failure since.
  private struct Place: Sendable {
    let directory: DiskHandle
    let file: DiskHandle
    let name: String
  }

  /// Beyond this many bytes the device is kept busy while more arrive; for smaller files that costs more than it saves.
  private static let writebackStep: Int64 = 8 << 20

  init(_ record: SpoolRecord, in spool: Spool) throws {
    self.spool = spool
    self.record = record
    header = try SpoolFileHeader(record)
  }

  /// Appends the next bytes of the data set; the first ones create the file.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    digest.update(bytes)
    if let place {
      try spool.disk.writeAll([bytes], at: end, to: place.file)
    } else {
      try create(with: bytes)
    }
    record.dataSetLength += Int64(bytes.count)
    startWriteback()
  }

  /// Completes the envelope and makes first the bytes and then the name durable.
  package mutating func complete() throws -> SpooledFile {
    if place == nil { try create(with: UnsafeRawBufferPointer(start: nil, count: 0)) }
    guard let place else { preconditionFailure("create(with:) sets it or throws") }
    record.digest = digest.value
    try spool.disk.writeAll(header.envelope(of: record), at: Int64(header.envelopeOffset), to: place.file)
    try spool.disk.sync(place.file)
    try spool.disk.syncDirectory(place.directory)
    self.place = nil
    return SpooledFile(id: record.id, dataSetLength: record.dataSetLength, digest: record.digest)
  }

  /// Removes what was written.
  ///
  /// A name that cannot be removed, or that comes back after a power cut, is of a file nobody was told about:
  /// recovery deals with it.
  package mutating func discard() {
    guard let place else { return }
    try? spool.disk.unlink(place.name, in: place.directory)
    self.place = nil
  }

  /// Where the next byte goes.
  private var end: Int64 { Int64(header.unfinished.count) + record.dataSetLength }

  private mutating func create(with bytes: UnsafeRawBufferPointer) throws {
    let (shard, name) = try SpoolNames.place(of: record.id)
    let directory = try spool.disk.openDirectory(shard, in: spool.root)
    let file = try spool.disk.createFile(name, in: directory)
    place = Place(directory: directory, file: file, name: name)
    try header.unfinished.withUnsafeBytes { try spool.disk.writeAll([$0, bytes], at: 0, to: file) }
  }

  private mutating func startWriteback() {
    guard let place, end - startedUpTo >= Self.writebackStep else { return }
    spool.disk.startWriteback(of: place.file, from: startedUpTo, count: end - startedUpTo)
    startedUpTo = end
  }
}
