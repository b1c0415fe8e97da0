extension FileMeta {
  /// The bytes that stand in front of a data set.
  public struct Encoded: Hashable, Sendable {
    /// 128 NULs, `DICM`, and group 0002.
    public var bytes: [UInt8]
    /// Where in `bytes` the value of (0002,0102) starts, so that it can be written over in the file.
    public var privateInformationOffset: Int?
  }

  /// Encodes in Explicit VR Little Endian, with the group length right and the preamble all zeros (PS3.10 §7.1).
  public func encoded() -> Encoded {
    var encoder = DataSetEncoder(.explicitLittleEndian, sequences: .defined)
    encoder.append(elements)
    var bytes = [UInt8](repeating: 0, count: FileMeta.elementsStart - 4) + Array("DICM".utf8)
    bytes += groupLength(encoder.bytes.count)
    bytes += encoder.bytes
    // The value is the last of the group, and padded to an even length.
    let offset = privateInformation.map { bytes.count - ($0.value.count + $0.value.count % 2) }
    return Encoded(bytes: bytes, privateInformationOffset: offset)
  }

  private var elements: DataSet {
    var elements = [
      DataElement(.fileMetaVersion, .ob, .bytes([0, 1])),
      DataElement(.transferSyntaxUID, uid: transferSyntax.uid),
    ]
    elements += uids.map { DataElement($0.key, uid: $0.value) }
    elements += titles.map { DataElement($0.key, .ae, text: $0.value.rawValue) }
    if let name = implementationVersionName {
      elements.append(DataElement(.implementationVersionName, .sh, text: name))
    }
    if let information = privateInformation {
      elements.append(DataElement(.privateInformation, .ob, .bytes(information.value)))
    }
    return DataSet(elements)
  }

  private var uids: [Tag: UID] {
    let all: [Tag: UID?] = [
      .mediaStorageSOPClassUID: sopClassUID, .mediaStorageSOPInstanceUID: sopInstanceUID,
      .implementationClassUID: implementationClassUID, .privateInformationCreatorUID: privateInformation?.creator,
    ]
    return all.compactMapValues { $0 }
  }

  private var titles: [Tag: AETitle] {
    let all: [Tag: AETitle?] = [
      .sourceApplicationEntityTitle: sourceAE, .sendingApplicationEntityTitle: sendingAE,
      .receivingApplicationEntityTitle: receivingAE,
    ]
    return all.compactMapValues { $0 }
  }

  private func groupLength(_ count: Int) -> [UInt8] {
    let length = ElementEncoding.explicitLittleEndian.bytes(UInt32(count))
    var encoder = DataSetEncoder(.explicitLittleEndian, sequences: .defined)
    encoder.append(DataElement(.fileMetaGroupLength, .ul, .bytes(length)))
    return encoder.bytes
  }
}
