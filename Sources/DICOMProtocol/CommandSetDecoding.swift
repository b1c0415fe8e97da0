import DICOM
public import NIOCore

extension CommandSet {
  /// The longest command set that is read, in bytes.
  public static let maximumLength = 65_536
  /// The most elements that are read.
  public static let maximumElements = 64

  /// Reads a whole command set: always Implicit VR Little Endian (PS3.7 §6.3.1).
  ///
  /// The group length is ignored, order does not matter, of duplicates the first counts, and an empty value is as
  /// none. Texts and UIDs are kept as received, without padding.
  public init(decoding bytes: ByteBuffer) throws(PDUError) {
    let elements = try CommandElements(decoding: bytes)
    guard let field = elements.number(CommandTag.commandField) else {
      throw .invalid("command set without a Command Field")
    }
    self.init(
      field: CommandField(rawValue: field), messageID: elements.number(CommandTag.messageID),
      messageIDBeingRespondedTo: elements.number(CommandTag.messageIDBeingRespondedTo),
      affectedSOPClassUID: elements.uid(CommandTag.affectedSOPClassUID),
      requestedSOPClassUID: elements.uid(CommandTag.requestedSOPClassUID),
      affectedSOPInstanceUID: elements.uid(CommandTag.affectedSOPInstanceUID),
      requestedSOPInstanceUID: elements.uid(CommandTag.requestedSOPInstanceUID),
      priority: elements.number(CommandTag.priority),
      hasDataSet: elements.number(CommandTag.dataSetType).map { $0 != CommandTag.noDataSet } ?? false,
      status: elements.number(CommandTag.status), offendingElements: elements.tags(CommandTag.offendingElement),
      errorComment: elements.text(CommandTag.errorComment).map { String($0.prefix(64)) },
      eventTypeID: elements.number(CommandTag.eventTypeID), actionTypeID: elements.number(CommandTag.actionTypeID),
      moveOriginatorAE: elements.text(CommandTag.moveOriginatorAE).map { AETitle($0) },
      moveOriginatorMessageID: elements.number(CommandTag.moveOriginatorMessageID))
  }
}

/// The values of a command set by tag.
private struct CommandElements {
  private var values: [Tag: ByteBuffer] = [:]

  init(decoding bytes: ByteBuffer) throws(PDUError) {
    guard bytes.readableBytes <= CommandSet.maximumLength else { throw .invalid("command set too long") }
    var rest = bytes
    var count = 0
    while rest.readableBytes > 0 {
      count += 1
      guard count <= CommandSet.maximumElements else { throw .invalid("too many elements in a command set") }
      guard
        let (group, element, length) = rest.readMultipleIntegers(
          endianness: .little, as: (UInt16, UInt16, UInt32).self), let value = rest.readSlice(length: Int(length))
      else { throw .invalid("element runs past its command set") }
      guard group == 0 else { throw .invalid("command set with an element of group \(group)") }
      let tag = Tag(group, element)
      values[tag] = values[tag] ?? value
    }
  }

  func number(_ tag: Tag) -> UInt16? {
    values[tag].flatMap { $0.getInteger(at: $0.readerIndex, endianness: .little) }
  }

  func text(_ tag: Tag) -> String? {
    guard let text = values[tag]?.text, !text.isEmpty else { return nil }
    return text
  }

  func uid(_ tag: Tag) -> UID? { text(tag).map { UID($0) } }

  /// A value of VR AT: pairs of group and element.
  func tags(_ tag: Tag) -> [Tag] {
    guard var value = values[tag] else { return [] }
    var tags: [Tag] = []
    while let (group, element) = value.readMultipleIntegers(endianness: .little, as: (UInt16, UInt16).self) {
      tags.append(Tag(group, element))
    }
    return tags
  }
}
