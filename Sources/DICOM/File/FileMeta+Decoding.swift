/// Why bytes are no File Meta Information.
public enum FileMetaError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no `DICM` with group 0002 behind a preamble of 128 bytes.
  case notADICOMFile
  /// The bytes end before File Meta Information does. With more of the file it may be read.
  case incomplete
  /// File Meta Information is longer than any can be.
  case tooLong(limit: Int)
  /// (0002,0010) is missing or empty, so nothing tells how the data set is encoded.
  case noTransferSyntax
  /// An element of undefined length, which group 0002 cannot have.
  case malformed(tag: Tag)

  public var description: String {
    switch self {
    case .notADICOMFile: "this is not a DICOM file: the preamble and DICM are missing"
    case .incomplete: "the file ends inside its File Meta Information"
    case .tooLong(let limit): "the File Meta Information is longer than \(limit) bytes"
    case .noTransferSyntax: "the File Meta Information names no transfer syntax"
    case .malformed(let tag): "the File Meta Information cannot be read at \(tag)"
    }
  }
}

extension FileMeta {
  /// Bytes of a file that hold any File Meta Information; no more of them are read.
  public static let maximumLength = 1024 * 1024

  /// Reads the start of a file. Missing elements and a wrong group length do no harm.
  ///
  /// - Parameters:
  ///   - bytes: the file, or as much of it as there is.
  ///   - isWholeFile: whether nothing follows `bytes`; if not, too few of them are ``FileMetaError/incomplete``.
  /// - Returns: the information, and where in the file the data set starts.
  public static func decode(
    _ bytes: [UInt8], isWholeFile: Bool = true
  ) throws(FileMetaError) -> (meta: FileMeta, dataSetOffset: Int) {
    guard bytes.count >= signatureEnd || isWholeFile else { throw .incomplete }
    guard hasSignature(bytes) else { throw .notADICOMFile }
    let (values, end) = try bytes.withUnsafeBufferPointer { buffer throws(FileMetaError) in
      try elements(UnsafeRawBufferPointer(buffer), isWholeFile: isWholeFile)
    }
    guard let meta = FileMeta(values) else { throw .noTransferSyntax }
    return (meta, end)
  }

  /// The values of group 0002, and where it ends.
  private static func elements(
    _ bytes: UnsafeRawBufferPointer, isWholeFile: Bool
  ) throws(FileMetaError) -> (DataSet, end: Int) {
    var values = DataSet()
    var position = elementsStart
    var declaredEnd: Int?
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      let isDeclaredEnd = position == declaredEnd || (rest.isEmpty && isWholeFile)
      if ends(before: rest, isDeclaredEnd: isDeclaredEnd, values) { return (values, position) }
      let (element, size) = try element(rest)
      position += size
      guard position <= maximumLength else { throw .tooLong(limit: maximumLength) }
      values.append(element)
      if element.tag == .fileMetaGroupLength { declaredEnd = values.groupLength.map { position + $0 } }
    }
  }

  /// The group ends before an element of another one. Its length is asked only where no element follows, or nothing
  /// that could be told from one: it is often wrong.
  private static func ends(before rest: UnsafeRawBufferPointer, isDeclaredEnd: Bool, _ values: DataSet) -> Bool {
    if isDeclaredEnd, rest.count < 2 || values.isDeflated { return true }
    return rest.count >= 2 && ElementEncoding.explicitLittleEndian.uint16(rest, at: 0) != 2
  }

  /// The element at the start of `bytes`, and how many of them it takes.
  private static func element(_ bytes: UnsafeRawBufferPointer) throws(FileMetaError) -> (DataElement, size: Int) {
    guard case .header(let header) = ElementHeader.read(bytes, .explicitLittleEndian, isEnd: true) else {
      throw .incomplete
    }
    guard !header.hasUndefinedLength else { throw .malformed(tag: header.tag) }
    guard header.length <= maximumLength else { throw .tooLong(limit: maximumLength) }
    let size = header.size + Int(header.length)
    guard size <= bytes.count else { throw .incomplete }
    return (DataElement(header.tag, header.vr ?? .un, .bytes(Array(bytes[header.size..<size]))), size)
  }

  private init?(_ values: DataSet) {
    guard let transferSyntax = values.uid(.transferSyntaxUID) else { return nil }
    self.transferSyntax = TransferSyntax(transferSyntax)
    sopClassUID = values.uid(.mediaStorageSOPClassUID)
    sopInstanceUID = values.uid(.mediaStorageSOPInstanceUID)
    implementationClassUID = values.uid(.implementationClassUID)
    implementationVersionName = values.text(.implementationVersionName)
    sourceAE = values.text(.sourceApplicationEntityTitle).map(AETitle.init(_:))
    sendingAE = values.text(.sendingApplicationEntityTitle).map(AETitle.init(_:))
    receivingAE = values.text(.receivingApplicationEntityTitle).map(AETitle.init(_:))
    if let creator = values.uid(.privateInformationCreatorUID), let value = values.bytes(.privateInformation) {
      privateInformation = PrivateInformation(creator: creator, value: value)
    }
  }
}

extension DataSet {
  /// The value of (0002,0000).
  fileprivate var groupLength: Int? { text(.fileMetaGroupLength).flatMap { Int($0) } }

  /// Whether what (0002,0010) names makes the data set a compressed stream.
  fileprivate var isDeflated: Bool { uid(.transferSyntaxUID).map { TransferSyntax($0).isDeflated } ?? false }
}
