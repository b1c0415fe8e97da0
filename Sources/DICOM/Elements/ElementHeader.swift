/// Tag, VR and length in front of a value (PS3.5 §7.1), as written and as broken writers write them.
struct ElementHeader: Equatable {
  var tag: Tag
  /// Nil where the header carries none, or one that means nothing to us.
  var vr: VR?
  /// Bytes of the value; all ones mean undefined.
  var length: UInt32
  /// Bytes of the header itself: 8 or 12.
  var size: Int
  /// Whether the VR's bytes spell no VR, so that the form of the header was guessed.
  var isGuess = false

  /// FFFFFFFFH: the value ends with a delimiter.
  static let undefinedLength = UInt32.max

  var hasUndefinedLength: Bool { length == ElementHeader.undefinedLength }

  /// What a look at some bytes gives: a header, or how many bytes are needed to see one.
  enum Reading: Equatable {
    case header(ElementHeader)
    case needs(Int)
  }

  /// Reads the header at the start of `bytes`.
  ///
  /// - Parameter isEnd: whether nothing follows `bytes`, which settles a doubt between two forms.
  static func read(_ bytes: UnsafeRawBufferPointer, _ encoding: ElementEncoding, isEnd: Bool = false) -> Reading {
    guard bytes.count >= 8 else { return .needs(8) }
    let tag = encoding.tag(bytes, at: 0)
    guard encoding.isExplicitVR, tag.group != 0xFFFE else { return .header(implicit(tag, bytes, encoding)) }
    if let vr = VR(bytes[4], bytes[5]) {
      return vr.isLongForm ? long(tag, vr, bytes, encoding) : .header(short(tag, vr, bytes, encoding))
    }
    return unknown(tag, bytes, encoding, isEnd: isEnd)
  }

  private static func implicit(
    _ tag: Tag, _ bytes: UnsafeRawBufferPointer, _ encoding: ElementEncoding, isGuess: Bool = false
  ) -> ElementHeader {
    ElementHeader(tag: tag, vr: nil, length: encoding.uint32(bytes, at: 4), size: 8, isGuess: isGuess)
  }

  private static func short(
    _ tag: Tag, _ vr: VR?, _ bytes: UnsafeRawBufferPointer, _ encoding: ElementEncoding
  ) -> ElementHeader {
    ElementHeader(
      tag: tag, vr: vr, length: UInt32(encoding.uint16(bytes, at: 6)), size: 8, isGuess: vr == nil)
  }

  private static func long(
    _ tag: Tag, _ vr: VR?, _ bytes: UnsafeRawBufferPointer, _ encoding: ElementEncoding
  ) -> Reading {
    guard bytes.count >= 12 else { return .needs(12) }
    return .header(
      ElementHeader(tag: tag, vr: vr, length: encoding.uint32(bytes, at: 8), size: 12, isGuess: vr == nil))
  }

  /// A header whose VR is unknown: two letters are a VR of the future, in the long form (PS3.5 §6.2); blanks, NULs
  /// and question marks stand for a VR that the writer did not know; anything else is the length of an implicit
  /// header that strayed into explicit ones.
  private static func unknown(
    _ tag: Tag, _ bytes: UnsafeRawBufferPointer, _ encoding: ElementEncoding, isEnd: Bool
  ) -> Reading {
    let isReservedZero = bytes[6] == 0 && bytes[7] == 0
    switch (bytes[4], bytes[5]) {
    case (0, 0) where isReservedZero:
      return nothing(tag, bytes, encoding, isEnd: isEnd)
    case (0, 0), (UInt8(ascii: " "), UInt8(ascii: " ")), (UInt8(ascii: "?"), UInt8(ascii: "?")):
      return isReservedZero ? long(tag, nil, bytes, encoding) : .header(short(tag, nil, bytes, encoding))
    case let (first, second) where VR.isLetter(first) && VR.isLetter(second):
      return isReservedZero ? long(tag, nil, bytes, encoding) : .header(short(tag, nil, bytes, encoding))
    default:
      return .header(implicit(tag, bytes, encoding, isGuess: true))
    }
  }

  /// Four NULs: an implicit header without a value if a higher tag follows, else a VR of NULs in the long form.
  private static func nothing(
    _ tag: Tag, _ bytes: UnsafeRawBufferPointer, _ encoding: ElementEncoding, isEnd: Bool
  ) -> Reading {
    guard bytes.count >= 12 else {
      return isEnd && bytes.count == 8 ? .header(implicit(tag, bytes, encoding, isGuess: true)) : .needs(12)
    }
    let next = encoding.tag(bytes, at: 8)
    guard next > tag, next.element != 0 else { return long(tag, nil, bytes, encoding) }
    return .header(implicit(tag, bytes, encoding, isGuess: true))
  }
}
