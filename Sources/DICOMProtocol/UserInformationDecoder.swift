import DICOM
import NIOCore

/// Reads the user information item 50H (PS3.7 §D.3.3). Its sub-items come in any order; the first of a kind counts.
struct UserInformationDecoder {
  let limits: PDULimits

  func decode(_ body: ByteBuffer) throws(PDUError) -> UserInformation {
    var information = UserInformation()
    var negotiations: [UInt8: Int] = [:]
    var items = ItemReader(body, limit: limits.maximumItems, parent: "user information")
    while let item = try items.next() {
      if (ItemType.roleSelection...ItemType.commonExtendedNegotiation).contains(item.type) {
        negotiations[item.type, default: 0] += 1
      }
      guard negotiations[item.type, default: 0] <= limits.maximumNegotiations else {
        throw .invalid("too many user information sub-items of type \(item.type)")
      }
      try read(item, into: &information)
    }
    return information
  }

  private func read(_ item: ItemReader.Item, into information: inout UserInformation) throws(PDUError) {
    switch item.type {
    case ItemType.maximumLength:
      let length = try maximumLength(item.body)
      information.maximumLength = information.maximumLength ?? length
    case ItemType.implementationClassUID:
      information.implementationClassUID = information.implementationClassUID ?? item.body.uid
    case ItemType.asynchronousOperations:
      let operations = try asynchronousOperations(item.body)
      information.asynchronousOperations = information.asynchronousOperations ?? operations
    case ItemType.roleSelection:
      information.roleSelections.append(try roleSelection(item.body))
    case ItemType.implementationVersionName:
      information.implementationVersionName =
        information.implementationVersionName ?? String(item.body.text.prefix(16))
    case ItemType.extendedNegotiation:
      if let negotiation = extendedNegotiation(item.body) { information.extendedNegotiations.append(negotiation) }
    case ItemType.commonExtendedNegotiation:
      information.commonExtendedNegotiations.append(try commonExtendedNegotiation(item.body))
    case ItemType.userIdentity:
      let identity = try userIdentity(item.body)
      information.userIdentity = information.userIdentity ?? identity
    default: return
    }
  }

  /// PS3.7 §D.3.3.1.
  private func maximumLength(_ body: ByteBuffer) throws(PDUError) -> UInt32 {
    guard let length = body.getInteger(at: body.readerIndex, as: UInt32.self) else {
      throw .invalid("sub-item 51H too short")
    }
    return length
  }

  /// PS3.7 §D.3.3.3.
  private func asynchronousOperations(_ body: ByteBuffer) throws(PDUError) -> AsynchronousOperations {
    var body = body
    guard let (invoked, performed) = body.readMultipleIntegers(as: (UInt16, UInt16).self) else {
      throw .invalid("sub-item 53H too short")
    }
    return AsynchronousOperations(invoked: invoked, performed: performed)
  }

  /// PS3.7 §D.3.3.4.
  private func roleSelection(_ body: ByteBuffer) throws(PDUError) -> RoleSelection {
    var body = body
    guard let uid = body.readLengthPrefixed(), let (scu, scp) = body.readMultipleIntegers(as: (UInt8, UInt8).self)
    else { throw .invalid("sub-item 54H does not hold its UID and roles") }
    return RoleSelection(abstractSyntax: uid.uid, scu: scu == 1, scp: scp == 1)
  }

  /// PS3.7 §D.3.3.5; one that cannot be read agrees to nothing.
  private func extendedNegotiation(_ body: ByteBuffer) -> ExtendedNegotiation? {
    var body = body
    guard let sopClass = body.readLengthPrefixed() else { return nil }
    return ExtendedNegotiation(sopClass: sopClass.uid, information: Array(body.readableBytesView))
  }

  /// PS3.7 §D.3.3.6; the related general SOP classes are not used.
  private func commonExtendedNegotiation(_ body: ByteBuffer) throws(PDUError) -> CommonExtendedNegotiation {
    var body = body
    guard let sopClass = body.readLengthPrefixed(), let serviceClass = body.readLengthPrefixed() else {
      throw .invalid("sub-item 57H does not hold its UIDs")
    }
    return CommonExtendedNegotiation(sopClass: sopClass.uid, serviceClass: serviceClass.uid)
  }

  /// PS3.7 §D.3.3.7; the secondary field may be missing altogether.
  private func userIdentity(_ body: ByteBuffer) throws(PDUError) -> UserIdentity {
    var body = body
    guard let (type, response) = body.readMultipleIntegers(as: (UInt8, UInt8).self),
      let primary = body.readLengthPrefixed(),
      let secondary = body.readableBytes == 0 ? ByteBuffer() : body.readLengthPrefixed()
    else { throw .invalid("sub-item 58H does not hold its fields") }
    return UserIdentity(
      type: type, positiveResponseRequested: response == 1, primary: Array(primary.readableBytesView),
      secondary: Array(secondary.readableBytesView))
  }
}

extension ByteBuffer {
  /// A field of the form `length(2, big endian)` and bytes; nil when it does not fit.
  fileprivate mutating func readLengthPrefixed() -> ByteBuffer? {
    guard let length = readInteger(as: UInt16.self) else { return nil }
    return readSlice(length: Int(length))
  }
}
