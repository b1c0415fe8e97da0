import DICOM
import EscrowTesting
import Testing

struct DataSetLimitTests {
  static func references(_ count: Int) -> DataSet {
    let items = (0..<count).map { index in
      DataSet([
        DataElement(.referencedSOPClassUID, uid: "1.2.840.10008.5.1.4.1.1.2"),
        DataElement(.referencedSOPInstanceUID, uid: UID("1.2.3.\(index)")),
      ])
    }
    return DataSet([DataElement(.transactionUID, uid: "1.2.3"), DataElement(.referencedSOPSequence, items: items)])
  }

  @Test("100 000 items are read, one more is not", arguments: [DataSet.SequenceLengths.defined, .undefined])
  func items(lengths: DataSet.SequenceLengths) throws {
    let bytes = Self.references(100_000).encoded(as: .implicitLittleEndian, sequences: lengths)
    let items = try #require(DataSet(decoding: bytes, as: .implicitLittleEndian).items(.referencedSOPSequence))
    #expect(items.count == 100_000)
    #expect(items.last?.uid(.referencedSOPInstanceUID) == "1.2.3.99999")
    let more = Self.references(100_001).encoded(as: .implicitLittleEndian, sequences: lengths)
    #expect(throws: DataSetError.tooManyItems(limit: 100_000)) {
      try DataSet(decoding: more, as: .implicitLittleEndian)
    }
  }

  @Test("Bytes, elements and depth have limits")
  func limits() {
    var limits = DataSet.Limits()
    limits.bytes = 100
    limits.elements = 10
    limits.depth = 3
    let empty = Array(repeatElement(Raw.explicit(Tag(0x0009, 0x1001), "LO"), count: 11).joined())
    let nested = (0..<4).reduce([UInt8]()) { inner, _ in Raw.explicit(.contentSequence, "SQ", Raw.item(inner)) }
    #expect(throws: DataSetError.tooLong(bytes: 101, limit: 100)) {
      try DataSet(decoding: [UInt8](repeating: 0, count: 101), as: .explicitLittleEndian, limits: limits)
    }
    #expect(throws: DataSetError.tooManyElements(limit: 10)) {
      try DataSet(decoding: empty, as: .explicitLittleEndian, limits: limits)
    }
    #expect(throws: DataSetError.tooDeep(limit: 3)) {
      try DataSet(decoding: nested, as: .explicitLittleEndian, limits: limits)
    }
    let bomb = DataSet([DataElement(.pixelData, .ow, .bytes([UInt8](repeating: 0, count: 1000)))])
    #expect(throws: DataSetError.tooLong(bytes: 101, limit: 100)) {
      try DataSet(
        decoding: bomb.encoded(as: .deflatedExplicitLittleEndian), as: .deflatedExplicitLittleEndian, limits: limits)
    }
  }

  @Test("100 000 nested sequences are refused, in any form")
  func nesting() {
    let level = Raw.explicit(.contentSequence, "SQ", length: Raw.undefined) + Raw.item(length: Raw.undefined)
    let unknown = Raw.explicit(.contentSequence, "UN", length: Raw.undefined) + Raw.item(length: Raw.undefined)
    for level in [level, unknown] {
      let bytes = Array(repeatElement(level, count: 100_000).joined())
      #expect(throws: DataSetError.self) { try DataSet(decoding: bytes, as: .explicitLittleEndian) }
    }
  }

  static let mistakes: [([UInt8], DataSetError)] =
    [
      ([8, 0, 5], DataSetError.truncated(tag: nil, offset: 0)),
      (Raw.explicit(.patientID, "LO", [1, 2], length: 3), .truncated(tag: .patientID, offset: 8)),
      (Raw.explicit(.patientID, "UT", [1, 2], length: 0xFFFF_FFFE), .truncated(tag: .patientID, offset: 12)),
      (Raw.item(), .misplaced(tag: Tag(0xFFFE, 0xE000), offset: 0)),
      (
        Raw.explicit(.contentSequence, "SQ", Raw.explicit(.patientID, "LO")),
        .misplaced(tag: .patientID, offset: 12)
      ),
      (
        Raw.explicit(.contentSequence, "SQ", Raw.item([0], length: 8)), .truncated(tag: Tag(0xFFFE, 0xE000), offset: 20)
      ),
      (Raw.explicit(.contentSequence, "SQ", length: Raw.undefined), .truncated(tag: nil, offset: 12)),
      (
        Raw.explicit(.contentSequence, "SQ", length: Raw.undefined) + Raw.item(length: Raw.undefined),
        .truncated(tag: nil, offset: 20)
      ),
      (
        Raw.explicit(.pixelData, "OB", length: Raw.undefined) + Raw.item(length: Raw.undefined),
        .misplaced(tag: Tag(0xFFFE, 0xE000), offset: 12)
      ),
    ] as [([UInt8], DataSetError)]

  @Test("What is wrong is told precisely", arguments: mistakes)
  func errors(bytes: [UInt8], error: DataSetError) {
    #expect(throws: error) { try DataSet(decoding: bytes, as: .explicitLittleEndian) }
  }

  @Test("A deflated stream that is damaged or cut is refused")
  func deflation() {
    let bytes = DataSetTests.content.encoded(as: .deflatedExplicitLittleEndian)
    let syntax = TransferSyntax.deflatedExplicitLittleEndian
    #expect(throws: DataSetError.badDeflation) { try DataSet(decoding: Array(bytes.prefix(20)), as: syntax) }
    #expect(throws: DataSetError.badDeflation) { try DataSet(decoding: [0xFF, 0xFF, 0xFF], as: syntax) }
  }
}
