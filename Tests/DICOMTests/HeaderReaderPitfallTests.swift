import DICOM
import Testing

/// A data set that the standard forbids or makes hard, and what is read of it.
struct Pitfall: Sendable, CustomTestStringConvertible {
  var name: String
  var transferSyntax = TransferSyntax.explicitLittleEndian
  var bytes: [UInt8]
  var values: [Tag: String] = [.studyInstanceUID: "1.23"]
  var condition = Header.Condition.complete
  var oddities: Header.Oddities = []

  var testDescription: String { name }
}

struct HeaderReaderPitfallTests {
  @Test("PS3.5 and its readers' experience", arguments: sequences + unknownValues + badVRs + badTags + others)
  func pitfall(_ pitfall: Pitfall) {
    let last = Pitfall.last(pitfall.transferSyntax)
    let bytes = pitfall.bytes + last
    for position in bytes.indices {
      let found = header(of: bytes, as: pitfall.transferSyntax, pieces: [position])
      #expect(found.condition == pitfall.condition)
      #expect(found.oddities == pitfall.oddities)
      for (tag, value) in pitfall.values { #expect(found.strings(tag) == [value], "\(tag), split at \(position)") }
    }
    let pieces = [Int](repeating: 1, count: bytes.count)
    #expect(header(of: bytes, as: pitfall.transferSyntax, pieces: pieces).condition == pitfall.condition)
  }

  /// Content of items that must not be taken for the top level's.
  static let decoy = Raw.explicit(.studyInstanceUID, "UI", text: "9.99")
  static let implicitDecoy = Raw.implicit(.studyInstanceUID, text: "9.99")
  static let sequence = Tag(0x0008, 0x1115)

  static let sequences = [
    Pitfall(
      name: "defined sequence, defined items", bytes: Raw.explicit(sequence, "SQ", Raw.item(decoy) + Raw.item(decoy))),
    Pitfall(
      name: "defined sequence, undefined item",
      bytes: Raw.explicit(sequence, "SQ", Raw.item(decoy, length: Raw.undefined) + Raw.itemEnd())),
    Pitfall(
      name: "undefined sequence, defined items",
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(decoy) + Raw.item() + Raw.sequenceEnd()),
    Pitfall(
      name: "undefined sequence, undefined items",
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(decoy, length: Raw.undefined)
        + Raw.itemEnd() + Raw.item(length: Raw.undefined) + Raw.itemEnd() + Raw.sequenceEnd()),
    Pitfall(
      name: "undefined within undefined",
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(length: Raw.undefined)
        + Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(decoy, length: Raw.undefined) + Raw.itemEnd()
        + Raw.sequenceEnd() + decoy + Raw.itemEnd() + Raw.sequenceEnd()),
    Pitfall(name: "no items, defined", bytes: Raw.explicit(sequence, "SQ")),
    Pitfall(
      name: "no items, undefined", bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.sequenceEnd()),
    Pitfall(
      name: "undefined sequence in implicit VR", transferSyntax: .implicitLittleEndian,
      bytes: Raw.implicit(sequence, length: Raw.undefined) + Raw.item(implicitDecoy, length: Raw.undefined)
        + Raw.itemEnd() + Raw.sequenceEnd()),
    Pitfall(
      name: "defined length in implicit VR that looks like a sequence is bytes", transferSyntax: .implicitLittleEndian,
      bytes: Raw.implicit(Tag(0x0009, 0x1001), Raw.item(length: 4000) + [1, 2])),
    Pitfall(
      name: "big endian items", transferSyntax: .explicitBigEndian,
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined, bigEndian: true)
        + Raw.item(length: Raw.undefined, bigEndian: true)
        + Raw.explicit(.studyInstanceUID, "UI", text: "9.99", bigEndian: true)
        + Raw.itemEnd(bigEndian: true) + Raw.sequenceEnd(bigEndian: true)),
    Pitfall(
      name: "sequence delimiter after a defined length",
      bytes: Raw.explicit(sequence, "SQ", Raw.item(decoy)) + Raw.sequenceEnd(),
      oddities: .strayDelimiter),
    Pitfall(
      name: "item delimiter missing before the sequence's",
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(decoy, length: Raw.undefined)
        + Raw.sequenceEnd(),
      oddities: .strayDelimiter),
    Pitfall(name: "item delimiter without an item", bytes: Raw.itemEnd(), oddities: .strayDelimiter),
    Pitfall(
      name: "item delimiter after a defined item",
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(decoy) + Raw.itemEnd() + Raw.sequenceEnd(),
      oddities: .strayDelimiter),
    Pitfall(
      name: "items encoded implicitly in an explicit sequence",
      bytes: Raw.explicit(sequence, "SQ", length: Raw.undefined) + Raw.item(implicitDecoy, length: Raw.undefined)
        + Raw.itemEnd() + Raw.sequenceEnd(),
      oddities: .guessedVR),
    Pitfall(
      name: "fragments before pixel data",
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "OB", length: Raw.undefined) + Raw.item() + Raw.item([0xFF, 0xD8])
        + Raw.sequenceEnd()),
  ]

  static let unknownValues = [
    Pitfall(
      name: "UN of undefined length is implicit inside",
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "UN", length: Raw.undefined)
        + Raw.item(implicitDecoy, length: Raw.undefined)
        + Raw.itemEnd() + Raw.sequenceEnd()),
    Pitfall(
      name: "UN of undefined length with a sequence inside, and explicit after it",
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "UN", length: Raw.undefined) + Raw.item(length: Raw.undefined)
        + Raw.implicit(sequence, length: Raw.undefined) + Raw.item(implicitDecoy, length: Raw.undefined)
        + Raw.itemEnd() + Raw.sequenceEnd() + implicitDecoy + Raw.itemEnd() + Raw.sequenceEnd()
        + Raw.explicit(.patientID, "LO", text: "P1"),
      values: [.studyInstanceUID: "1.23", .patientID: "P1"]),
    Pitfall(
      name: "UN of undefined length is little endian inside big endian", transferSyntax: .explicitBigEndian,
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "UN", length: Raw.undefined, bigEndian: true)
        + Raw.item(implicitDecoy, length: Raw.undefined) + Raw.itemEnd() + Raw.sequenceEnd()),
    Pitfall(
      name: "UN of defined length is opaque",
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "UN", Raw.item(length: 77) + [0, 0])
    ),
    Pitfall(
      name: "UN for a known attribute", bytes: Raw.explicit(.patientID, "UN", Array("P1".utf8)),
      values: [.patientID: "P1", .studyInstanceUID: "1.23"]),
  ]

  static let badVRs = [
    Pitfall(
      name: "VR of the future in the long form",
      bytes: Raw.odd(Tag(0x0009, 0x1001), Array("XX".utf8) + [0, 0, 2, 0, 0, 0], [7, 7]),
      oddities: .guessedVR),
    Pitfall(
      name: "OX in the short form", bytes: Raw.odd(Tag(0x0009, 0x1001), Array("OX".utf8) + [2, 0], [7, 7]),
      oddities: .guessedVR),
    Pitfall(
      name: "blanks for a VR, long", bytes: Raw.odd(Tag(0x0009, 0x1001), [0x20, 0x20, 0, 0, 2, 0, 0, 0], [7, 7]),
      oddities: .guessedVR),
    Pitfall(
      name: "question marks for a VR, short", bytes: Raw.odd(Tag(0x0009, 0x1001), [0x3F, 0x3F, 2, 0], [7, 7]),
      oddities: .guessedVR),
    Pitfall(
      name: "question marks for a VR, long",
      bytes: Raw.odd(Tag(0x0009, 0x1001), [0x3F, 0x3F, 0, 0, 2, 0, 0, 0], [7, 7]),
      oddities: .guessedVR),
    Pitfall(
      name: "NULs for a VR, short", bytes: Raw.odd(Tag(0x0009, 0x1001), [0, 0, 2, 0], [7, 7]), oddities: .guessedVR),
    Pitfall(
      name: "NULs for a VR, long", bytes: Raw.odd(Tag(0x0009, 0x1001), [0, 0, 0, 0, 2, 0, 0, 0], [7, 7]),
      oddities: .guessedVR),
    Pitfall(name: "implicit island without a value", bytes: Raw.implicit(Tag(0x0009, 0x1001)), oddities: .guessedVR),
    Pitfall(
      name: "implicit island with a value", bytes: Raw.implicit(.patientID, text: "P1"),
      values: [.patientID: "P1", .studyInstanceUID: "1.23"], oddities: .guessedVR),
    Pitfall(
      name: "implicit island that is a sequence",
      bytes: Raw.implicit(sequence, length: Raw.undefined) + Raw.item(implicitDecoy) + Raw.sequenceEnd(),
      oddities: .guessedVR),
    Pitfall(
      name: "another VR than the registry's is not minded", bytes: Raw.explicit(.patientID, "UT", Array("P1".utf8)),
      values: [.patientID: "P1"]),
  ]

  static let badTags = [
    Pitfall(
      name: "tags that do not ascend",
      bytes: Raw.explicit(.patientID, "LO", text: "P1") + Raw.explicit(.modality, "CS", text: "CT"),
      values: [.patientID: "P1", .modality: "CT", .studyInstanceUID: "1.23"], oddities: .unordered),
    Pitfall(
      name: "the first of two counts",
      bytes: Raw.explicit(.modality, "CS", text: "CT") + Raw.explicit(.modality, "CS", text: "MR"),
      values: [.modality: "CT"], oddities: .unordered),
    Pitfall(
      name: "group lengths are passed over",
      bytes: Raw.explicit(Tag(0x0008, 0), "UL", [200, 0, 0, 0])
        + Raw.explicit(.modality, "CS", text: "CT") + Raw.explicit(Tag(0x0010, 0), "UL", [0, 0, 0, 0]),
      values: [.modality: "CT", .studyInstanceUID: "1.23"]),
    Pitfall(
      name: "File Meta in front of explicit", bytes: Raw.explicit(Tag(2, 0x10), "UI", text: "1.2.840.10008.1.2.1\0"),
      oddities: .fileMeta),
    Pitfall(
      name: "explicit File Meta in front of implicit", transferSyntax: .implicitLittleEndian,
      bytes: Raw.explicit(Tag(2, 0), "UL", [28, 0, 0, 0])
        + Raw.explicit(Tag(2, 0x10), "UI", text: "1.2.840.10008.1.2\0")
        + Raw.explicit(Tag(2, 0x102), "OB", [1, 2]),
      oddities: .fileMeta),
    Pitfall(
      name: "implicit File Meta in front of implicit", transferSyntax: .implicitLittleEndian,
      bytes: Raw.implicit(Tag(2, 0), [26, 0, 0, 0]) + Raw.implicit(Tag(2, 0x10), text: "1.2.840.10008.1.2\0"),
      oddities: .fileMeta),
    Pitfall(
      name: "little endian File Meta in front of big endian", transferSyntax: .explicitBigEndian,
      bytes: Raw.explicit(Tag(2, 0x10), "UI", text: "1.2.840.10008.1.2.2\0"), oddities: .fileMeta),
    Pitfall(
      name: "big endian File Meta in front of big endian", transferSyntax: .explicitBigEndian,
      bytes: Raw.explicit(Tag(2, 0x10), "UI", text: "1.2.840.10008.1.2.2\0", bigEndian: true), oddities: .fileMeta),
    Pitfall(
      name: "a command group's leftovers", transferSyntax: .implicitLittleEndian,
      bytes: Raw.implicit(Tag(0, 0), [10, 0, 0, 0]) + Raw.implicit(Tag(0, 0x100), [1, 0])),
  ]

  static let others = [
    Pitfall(
      name: "odd lengths are taken as they are",
      bytes: Raw.explicit(.modality, "CS", text: "C") + Raw.explicit(.patientID, "LO", text: "ABC"),
      values: [.modality: "C", .patientID: "ABC", .studyInstanceUID: "1.23"], oddities: .oddLength),
    Pitfall(
      name: "empty values", bytes: Raw.explicit(.accessionNumber, "SH") + Raw.explicit(.patientID, "LO", text: "P1"),
      values: [.patientID: "P1"]),
    Pitfall(
      name: "a long private value before the last",
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "OB", [UInt8](repeating: 8, count: 300))),
    Pitfall(
      name: "the longest value of the short form",
      bytes: Raw.explicit(Tag(0x0009, 0x1001), "LO", [UInt8](repeating: 0x20, count: 300))),
  ]
}

extension Pitfall {
  /// The last wanted attributes, and what follows them.
  static func last(_ transferSyntax: TransferSyntax) -> [UInt8] {
    let wanted: [(Tag, String)] = [(.studyInstanceUID, "1.23"), (.instanceNumber, "1 ")]
    guard transferSyntax.isExplicitVR else {
      return wanted.flatMap { Raw.implicit($0, text: $1) } + Raw.implicit(.rows, [0, 2])
    }
    let vrs = ["UI", "IS"]
    let isBig = transferSyntax.isBigEndian
    return zip(wanted, vrs).flatMap { Raw.explicit($0.0, $1, text: $0.1, bigEndian: isBig) }
      + Raw.explicit(.rows, "US", [0, 2], bigEndian: isBig)
  }
}
