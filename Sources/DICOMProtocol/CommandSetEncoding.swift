import DICOM
public import NIOCore

extension CommandSet {
  /// Appends this command set in Implicit VR Little Endian, ascending, with its group length (PS3.7 §6.3.1).
  ///
  /// An error comment is cut to 64 characters; what VR LO does not allow in it becomes `?`.
  public func encode(into buffer: inout ByteBuffer) {
    buffer.writeElement(CommandTag.groupLength, length: 4) { $0.writeInteger(UInt32(0), endianness: .little) }
    let start = buffer.writerIndex
    writeElements(into: &buffer)
    buffer.setInteger(UInt32(buffer.writerIndex - start), at: start - 4, endianness: .little)
  }

  /// This command set in a buffer of its own.
  public func encoded() -> ByteBuffer {
    var buffer = ByteBuffer()
    encode(into: &buffer)
    return buffer
  }

  private func writeElements(into buffer: inout ByteBuffer) {
    buffer.write(CommandTag.affectedSOPClassUID, uid: affectedSOPClassUID)
    buffer.write(CommandTag.requestedSOPClassUID, uid: requestedSOPClassUID)
    buffer.write(CommandTag.commandField, number: field.rawValue)
    buffer.write(CommandTag.messageID, number: messageID)
    buffer.write(CommandTag.messageIDBeingRespondedTo, number: messageIDBeingRespondedTo)
    buffer.write(CommandTag.priority, number: priority)
    buffer.write(CommandTag.dataSetType, number: hasDataSet ? 0x0001 : CommandTag.noDataSet)
    buffer.write(CommandTag.status, number: status)
    buffer.write(CommandTag.offendingElement, tags: offendingElements)
    buffer.write(CommandTag.errorComment, text: errorComment?.longString, padding: 0x20)
    buffer.write(CommandTag.affectedSOPInstanceUID, uid: affectedSOPInstanceUID)
    buffer.write(CommandTag.requestedSOPInstanceUID, uid: requestedSOPInstanceUID)
    buffer.write(CommandTag.eventTypeID, number: eventTypeID)
    buffer.write(CommandTag.actionTypeID, number: actionTypeID)
    buffer.write(CommandTag.moveOriginatorAE, text: moveOriginatorAE?.rawValue, padding: 0x20)
    buffer.write(CommandTag.moveOriginatorMessageID, number: moveOriginatorMessageID)
  }
}

extension String {
  /// At most 64 characters that VR LO allows (PS3.5 §6.2).
  fileprivate var longString: String {
    let allowed = unicodeScalars.prefix(64).map { scalar -> Character in
      (0x20...0x7E).contains(scalar.value) && scalar != "\\" ? Character(scalar) : "?"
    }
    return String(allowed)
  }
}

extension ByteBuffer {
  fileprivate mutating func writeElement(_ tag: Tag, length: Int, _ value: (inout ByteBuffer) -> Void) {
    writeMultipleIntegers(tag.group, tag.element, UInt32(length), endianness: .little)
    value(&self)
  }

  fileprivate mutating func write(_ tag: Tag, number: UInt16?) {
    guard let number else { return }
    writeElement(tag, length: 2) { $0.writeInteger(number, endianness: .little) }
  }

  fileprivate mutating func write(_ tag: Tag, uid: UID?) { write(tag, text: uid?.rawValue, padding: 0x00) }

  fileprivate mutating func write(_ tag: Tag, text: String?, padding: UInt8) {
    guard var bytes = text?.received else { return }
    if bytes.count % 2 == 1 { bytes.append(padding) }
    writeElement(tag, length: bytes.count) { $0.writeBytes(bytes) }
  }

  fileprivate mutating func write(_ tag: Tag, tags: [Tag]) {
    guard !tags.isEmpty else { return }
    writeElement(tag, length: tags.count * 4) {
      for tag in tags { $0.writeMultipleIntegers(tag.group, tag.element, endianness: .little) }
    }
  }
}
