/// One element of a data set in memory (PS3.5 §7.1).
public struct DataElement: Hashable, Sendable {
  public var tag: Tag
  public var vr: VR
  public var value: Value

  /// What an element holds.
  public enum Value: Hashable, Sendable {
    /// The value's bytes; numbers have their low byte first, whatever the transfer syntax.
    case bytes([UInt8])
    /// The items of a sequence, possibly none.
    case items([DataSet])
    /// Encapsulated pixel data: the basic offset table, possibly empty, and then the fragments (PS3.5 §A.4).
    case fragments([[UInt8]])
  }

  public init(_ tag: Tag, _ vr: VR, _ value: Value) {
    self.tag = tag
    self.vr = vr
    self.value = value
  }

  /// An element of text; several values are separated by a backslash.
  public init(_ tag: Tag, _ vr: VR, text: String) {
    self.init(tag, vr, .bytes(Array(text.utf8)))
  }

  public init(_ tag: Tag, uid: UID) { self.init(tag, .ui, text: uid.rawValue) }

  public init(_ tag: Tag, unsignedShort: UInt16) {
    self.init(tag, .us, .bytes(ElementEncoding.explicitLittleEndian.bytes(unsignedShort)))
  }

  public init(_ tag: Tag, items: [DataSet]) { self.init(tag, .sq, .items(items)) }
}

extension DataElement {
  /// Bytes of one number in the value. The registry knows better than a data set that gives a wrong VR.
  var width: Int { DataElement.width(tag, vr) }

  static func width(_ tag: Tag, _ vr: VR) -> Int {
    let registered = DataDictionary.vrs(of: tag)
    return registered.count == 1 ? registered[0].width : vr.width
  }
}
