public import NIOCore

extension DataSet {
  /// How large a data set may be to be held in memory.
  public struct Limits: Hashable, Sendable {
    public var bytes = 32 * 1024 * 1024
    /// Items of all sequences together.
    public var items = 100_000
    /// Elements of all levels together.
    public var elements = 1_000_000
    public var depth = 64

    public init() {}
  }

  /// Decodes a whole data set (PS3.5 §7). Time and memory are linear in its size.
  public init(
    decoding bytes: [UInt8], as transferSyntax: TransferSyntax, limits: Limits = Limits()
  )
    throws(DataSetError)
  {
    self = try bytes.withUnsafeBufferPointer { buffer throws(DataSetError) in
      try DataSet.decode(UnsafeRawBufferPointer(buffer), transferSyntax, limits)
    }
  }

  /// Decodes the beginning of a data set, up to the element `stop` of its top level, which comes without a value: the
  /// bytes need not hold more. Without that element the bytes must hold the whole data set.
  public init(
    decoding bytes: [UInt8], as transferSyntax: TransferSyntax, stoppingAt stop: Tag, limits: Limits = Limits()
  ) throws(DataSetError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(DataSetError) in
      try DataSet.decode(UnsafeRawBufferPointer(buffer), transferSyntax, limits, stop: stop)
    }
  }

  /// Decodes the readable bytes of a buffer.
  public init(
    decoding buffer: ByteBuffer, as transferSyntax: TransferSyntax, limits: Limits = Limits()
  )
    throws(DataSetError)
  {
    try self.init(decoding: Array(buffer.readableBytesView), as: transferSyntax, limits: limits)
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, _ transferSyntax: TransferSyntax, _ limits: Limits, stop: Tag? = nil
  ) throws(DataSetError) -> DataSet {
    guard bytes.count <= limits.bytes else { throw .tooLong(bytes: bytes.count, limit: limits.bytes) }
    guard transferSyntax.isDeflated else {
      var decoder = DataSetDecoder(bytes: bytes, limits: limits, stop: stop)
      return try decoder.decode(transferSyntax.elementEncoding)
    }
    let inflated = try inflate(bytes, limit: limits.bytes)
    guard let stop else { return try DataSet(decoding: inflated, as: .explicitLittleEndian, limits: limits) }
    return try DataSet(decoding: inflated, as: .explicitLittleEndian, stoppingAt: stop, limits: limits)
  }

  private static func inflate(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(DataSetError) -> [UInt8] {
    var inflated: [UInt8] = []
    let ending = Deflate.inflate(bytes, limit: limit) {
      inflated += $0
      return true
    }
    switch ending {
    case .finished: return inflated
    case .tooLong: throw .tooLong(bytes: limit + 1, limit: limit)
    case .incomplete, .damaged, .stopped: throw .badDeflation
    }
  }
}
