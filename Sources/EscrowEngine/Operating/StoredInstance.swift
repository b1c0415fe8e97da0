package import DICOM
package import EscrowCore
import EscrowSpool
import NIOConcurrencyHelpers

/// An instance whose copy is here, to be read from its file.
package struct StoredInstance: Sendable {
  let instance: Instance
  private let context: EngineContext

  /// In how many bytes most headers end, and in how many nearly all do.
  private static let usualHeaders = [64 << 10, 1 << 20]
  /// How much is read to find the pixel data.
  private static let greatestHeader = 32 << 20

  package init(_ instance: Instance, in context: EngineContext) {
    self.instance = instance
    self.context = context
  }

  /// Some attributes of the top level. Blocks; throws ``SpoolError``.
  package func header(wanted: Set<Tag>) throws -> Header {
    let reader = try context.spool.open(instance.file)
    for length in Self.usualHeaders {
      let observer = HeaderObserver(transferSyntax: instance.transferSyntax, wanted: wanted)
      try reader.readPrefix(length).withUnsafeBytes { observer.observe($0) }
      if observer.isDone || reader.length <= length { return observer.finish() }
    }
    let patient = HeaderObserver(transferSyntax: instance.transferSyntax, wanted: wanted)
    try reader.forEachChunk { patient.observe($0) }
    return patient.finish()
  }

  /// What the routes are given of it: what its association told, and its header. Blocks; throws ``SpoolError``.
  func routingInput(by rules: Rules) throws -> RoutingInput {
    instance.routingInput(try header(wanted: rules.wantedTags))
  }

  /// All elements up to the pixel data, which comes without its value. Blocks; throws ``SpoolError`` or `DataSetError`.
  package func dataSet() throws -> DataSet {
    let reader = try context.spool.open(instance.file)
    return try DataSet(
      decoding: reader.readPrefix(Self.greatestHeader), as: TransferSyntax(instance.transferSyntax),
      stoppingAt: .pixelData)
  }

  /// The whole Part 10 file. Blocks; throws ``SpoolError`` if it is not what is on record.
  package func file() throws -> StoredFile {
    StoredFile(
      try context.spool.open(instance.file, dataSetLength: instance.dataSetLength, digest: instance.digest))
  }
}

extension Instance {
  /// What the routes are given of it, with its header read again.
  func routingInput(_ header: Header) -> RoutingInput {
    RoutingInput(header: header, source: source, sop: sop, transferSyntax: transferSyntax)
  }
}

/// A Part 10 file on its way out, piece by piece.
package final class StoredFile: Sendable {
  private let reader: SpoolReader
  /// How much of the data set was read; nil before the File Meta Information.
  private let position = NIOLockedValueBox<Int?>(nil)

  private static let chunk = 512 * 1024

  init(_ reader: SpoolReader) { self.reader = reader }

  /// In bytes.
  package var length: Int { Int(reader.dataSetOffset) + reader.length }

  /// The next bytes; nil at the end. Blocks; with the last ones throws if the data set is not as it was received.
  package func next() throws -> [UInt8]? {
    try position.withLockedValue { position in
      guard let start = position else {
        position = 0
        return try reader.readFileMeta()
      }
      let count = min(Self.chunk, reader.length - start)
      guard count > 0 else { return nil }
      var bytes = [UInt8](repeating: 0, count: count)
      try bytes.withUnsafeMutableBytes { try reader.read(into: [$0]) }
      position = start + count
      return bytes
    }
  }
}
