import DICOM
public import NIOCore

extension PDU {
  /// Appends this PDU as it goes over the wire (PS3.8 §9.3).
  ///
  /// Names and UIDs must fit their items: 16 characters for an AE title (longer ones are cut), 65,000 bytes for the
  /// rest. UIDs are written without padding (PS3.8 Annex F).
  public func encode(into buffer: inout ByteBuffer) {
    switch self {
    case .associateRequest(let request): buffer.writePDU(.associateRequest) { request.encode(into: &$0) }
    case .associateAccept(let accept): buffer.writePDU(.associateAccept) { accept.encode(into: &$0) }
    case .associateReject(let reject):
      buffer.writePDU(.associateReject) { $0.writeBytes([0, reject.result, reject.source, reject.reason]) }
    case .data(let values): buffer.writePDU(.data) { for value in values { value.encode(into: &$0) } }
    case .releaseRequest: buffer.writePDU(.releaseRequest) { $0.writeInteger(UInt32(0)) }
    case .releaseResponse: buffer.writePDU(.releaseResponse) { $0.writeInteger(UInt32(0)) }
    case .abort(let abort): buffer.writePDU(.abort) { $0.writeBytes([0, 0, abort.source, abort.reason]) }
    }
  }
}

extension PDV {
  /// PS3.8 §9.3.5.1.
  func encode(into buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt32(fragment.readableBytes + 2))
    buffer.writeMultipleIntegers(contextID, UInt8(isCommand ? 1 : 0) | UInt8(isLast ? 2 : 0))
    buffer.writeImmutableBuffer(fragment)
  }
}

extension AssociateRequest {
  fileprivate func encode(into buffer: inout ByteBuffer) {
    buffer.writeAssociateFields(version: protocolVersion, called: calledAE, calling: callingAE)
    buffer.writeText(ItemType.applicationContext, applicationContext)
    for context in contexts {
      buffer.writeItem(ItemType.proposedContext) {
        $0.writeBytes([context.id, 0, 0, 0])
        $0.writeText(ItemType.abstractSyntax, context.abstractSyntax?.rawValue)
        for syntax in context.transferSyntaxes { $0.writeText(ItemType.transferSyntax, syntax.rawValue) }
      }
    }
    buffer.writeItem(ItemType.userInformation) { userInformation.encode(into: &$0) }
  }
}

extension AssociateAccept {
  fileprivate func encode(into buffer: inout ByteBuffer) {
    buffer.writeAssociateFields(version: protocolVersion, called: calledAE, calling: callingAE)
    buffer.writeText(ItemType.applicationContext, applicationContext)
    for context in contexts {
      buffer.writeItem(ItemType.contextResult) {
        $0.writeBytes([context.id, 0, context.result.rawValue, 0])
        $0.writeText(ItemType.transferSyntax, context.transferSyntax?.rawValue)
      }
    }
    buffer.writeItem(ItemType.userInformation) { userInformation.encode(into: &$0) }
  }
}

extension UserInformation {
  /// Sub-items in ascending order of their types (PS3.7 §D.3.3).
  fileprivate func encode(into buffer: inout ByteBuffer) {
    if let maximumLength { buffer.writeItem(ItemType.maximumLength) { $0.writeInteger(maximumLength) } }
    buffer.writeText(ItemType.implementationClassUID, implementationClassUID?.rawValue)
    if let operations = asynchronousOperations {
      buffer.writeItem(ItemType.asynchronousOperations) {
        $0.writeMultipleIntegers(operations.invoked, operations.performed)
      }
    }
    for role in roleSelections {
      buffer.writeItem(ItemType.roleSelection) {
        $0.writeLengthPrefixed(role.abstractSyntax.rawValue.received)
        $0.writeBytes([role.scu ? 1 : 0, role.scp ? 1 : 0])
      }
    }
    buffer.writeText(ItemType.implementationVersionName, implementationVersionName)
    for negotiation in extendedNegotiations {
      buffer.writeItem(ItemType.extendedNegotiation) {
        $0.writeLengthPrefixed(negotiation.sopClass.rawValue.received)
        $0.writeBytes(negotiation.information)
      }
    }
    for negotiation in commonExtendedNegotiations {
      buffer.writeItem(ItemType.commonExtendedNegotiation) {
        $0.writeLengthPrefixed(negotiation.sopClass.rawValue.received)
        $0.writeLengthPrefixed(negotiation.serviceClass.rawValue.received)
        $0.writeLengthPrefixed([])
      }
    }
    if let identity = userIdentity {
      buffer.writeItem(ItemType.userIdentity) {
        $0.writeBytes([identity.type, identity.positiveResponseRequested ? 1 : 0])
        $0.writeLengthPrefixed(identity.primary)
        $0.writeLengthPrefixed(identity.secondary)
      }
    }
  }
}

extension ByteBuffer {
  fileprivate mutating func writePDU(_ type: PDUType, _ body: (inout ByteBuffer) -> Void) {
    writeMultipleIntegers(type.rawValue, UInt8(0), UInt32(0))
    let start = writerIndex
    body(&self)
    setInteger(UInt32(writerIndex - start), at: start - 4)
  }

  fileprivate mutating func writeItem(_ type: UInt8, _ body: (inout ByteBuffer) -> Void) {
    writeMultipleIntegers(type, UInt8(0), UInt16(0))
    let start = writerIndex
    body(&self)
    setInteger(UInt16(writerIndex - start), at: start - 2)
  }

  /// An item that holds nothing but a text; none for nil.
  fileprivate mutating func writeText(_ type: UInt8, _ text: String?) {
    guard let text else { return }
    writeItem(type) { $0.writeBytes(text.received) }
  }

  fileprivate mutating func writeLengthPrefixed(_ bytes: [UInt8]) {
    writeInteger(UInt16(bytes.count))
    writeBytes(bytes)
  }

  /// The fixed part of A-ASSOCIATE-RQ and -AC: 68 bytes.
  fileprivate mutating func writeAssociateFields(version: UInt16, called: AETitle, calling: AETitle) {
    writeMultipleIntegers(version, UInt16(0))
    for title in [called, calling] {
      let bytes = title.rawValue.received.prefix(16)
      writeBytes(bytes)
      writeRepeatingByte(0x20, count: 16 - bytes.count)
    }
    writeRepeatingByte(0, count: 32)
  }
}
