/// What a data set goes through between the file and the network: written in another transfer syntax, edited, or both.
///
/// Memory does not grow with the data set.
public final class DataSetPassage {
  private let recoder: DataSetRecoder?
  private let editor: DataSetEditor?
  private let deflation: Deflation?
  private var recoded: [UInt8] = []
  private var edited: [UInt8] = []

  /// Throws ``RecodingError/unsupported(from:to:)``.
  ///
  /// - Parameters:
  ///   - edits: of the top level, by tags below the pixel data's group; none are made of the instance's own UIDs.
  ///   - inflatedLimit: bytes that a deflated data set may have.
  public init(
    from source: TransferSyntax, to target: TransferSyntax, edits: [Tag: DataSetEdit] = [:],
    inflatedLimit: Int = 1 << 34
  ) throws(RecodingError) {
    let isSame = source == target
    // What is deflated must be taken out to be edited, and is put back.
    let plain = isSame && source.isDeflated ? TransferSyntax.explicitLittleEndian : target
    recoder =
      isSame && !source.isDeflated
      ? nil : try DataSetRecoder(from: source, to: plain, inflatedLimit: inflatedLimit)
    editor = edits.isEmpty ? nil : DataSetEditor(edits, encoding: plain.elementEncoding)
    deflation = isSame && source.isDeflated ? Deflation() : nil
  }

  /// Takes the next bytes, and appends to `output` what they become. Throws ``RecodingError`` and ``EditingError``.
  public func take(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
    guard let recoder else { return try edit(bytes, into: &output) }
    recoded.removeAll(keepingCapacity: true)
    try recoder.recode(bytes, into: &recoded)
    try recoded.withUnsafeBytes { try edit($0, into: &output) }
  }

  /// All bytes have come.
  public func finish(into output: inout [UInt8]) throws {
    recoded.removeAll(keepingCapacity: true)
    try recoder?.finish(into: &recoded)
    try recoded.withUnsafeBytes { try edit($0, into: &output) }
    edited.removeAll(keepingCapacity: true)
    try editor?.finish(into: &edited)
    edited.withUnsafeBytes { deflate($0, into: &output) }
    deflation?.finish(into: &output)
  }

  private func edit(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
    guard let editor else { return deflate(bytes, into: &output) }
    guard deflation != nil else { return try editor.edit(bytes, into: &output) }
    edited.removeAll(keepingCapacity: true)
    try editor.edit(bytes, into: &edited)
    edited.withUnsafeBytes { deflate($0, into: &output) }
  }

  private func deflate(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
    guard let deflation else { return output.append(contentsOf: bytes) }
    deflation.deflate(bytes, into: &output)
  }
}
