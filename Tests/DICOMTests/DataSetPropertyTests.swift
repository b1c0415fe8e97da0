import DICOM
import EscrowTesting
import Testing

/// Random data sets survive every way of writing them, and the header reader sees in them what the codec sees.
struct DataSetPropertyTests {
  static let syntaxes: [TransferSyntax] = [
    .implicitLittleEndian, .explicitLittleEndian, .explicitBigEndian, .deflatedExplicitLittleEndian,
  ]

  @Test("Encoded and decoded again they are the same", arguments: 0..<60 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let dataSet = RandomDataSet.make(depth: 3, &generator)
    for transferSyntax in Self.syntaxes {
      for lengths in [DataSet.SequenceLengths.defined, .undefined] {
        let bytes = dataSet.encoded(as: transferSyntax, sequences: lengths)
        #expect(try DataSet(decoding: bytes, as: transferSyntax) == dataSet)
      }
    }
  }

  @Test("The header reader finds the codec's values", arguments: 0..<60 as Range<UInt64>)
  func sameValues(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let dataSet = RandomDataSet.make(depth: 3, &generator)
    let tags = RandomDataSet.attributes.map(\.0) + [Tag(0x7000, 0x0001)]
    for transferSyntax in Self.syntaxes {
      for lengths in [DataSet.SequenceLengths.defined, .undefined] {
        let bytes = dataSet.encoded(as: transferSyntax, sequences: lengths)
        let pieces = (0..<20).map { _ in Int.random(in: 0...60, using: &generator) }
        let found = header(of: bytes, as: transferSyntax, wanted: Set(tags), pieces: pieces)
        #expect(found.condition == (bytes.isEmpty ? .empty : .complete))
        for tag in tags { #expect(found.strings(tag) == dataSet.strings(tag), "\(tag)") }
      }
    }
  }
}

enum RandomDataSet {
  static let attributes: [(Tag, VR)] = [
    (.imageType, .cs), (.sopClassUID, .ui), (.accessionNumber, .sh), (.modality, .cs), (.patientName, .pn),
    (.patientID, .lo), (Tag(0x0010, 0x4000), .lt), (Tag(0x0018, 0x6020), .sl), (Tag(0x0018, 0x9073), .fd),
    (.studyInstanceUID, .ui), (Tag(0x0028, 0x0009), .at), (.rows, .us), (.columns, .us),
    (Tag(0x0040, 0xA160), .ut), (Tag(0x0066, 0x0016), .of), (Tag(0x0009, 0x0010), .lo),
  ]
  static let sequences: [Tag] = [Tag(0x0008, 0x1115), .referencedSOPSequence, .contentSequence]

  static func make(depth: Int, _ generator: inout SeededGenerator) -> DataSet {
    var dataSet = DataSet()
    for (tag, vr) in attributes where Bool.random(using: &generator) {
      dataSet.set(DataElement(tag, vr, .bytes(value(vr, &generator))))
    }
    for tag in sequences where depth > 0 && Bool.random(using: &generator) {
      let count = Int.random(in: 0...3, using: &generator)
      dataSet.set(DataElement(tag, items: (0..<count).map { _ in make(depth: depth - 1, &generator) }))
    }
    return dataSet
  }

  /// Values that need no padding, so that they come back as they were.
  private static func value(_ vr: VR, _ generator: inout SeededGenerator) -> [UInt8] {
    let count = Int.random(in: 0...6, using: &generator) * max(2, vr.width)
    guard vr.isText else { return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    let letters = Array(vr == .ui ? "0123456789.".utf8 : #"ABCxyz 019^=\-"#.utf8)
    return (0..<count).map { _ in letters[Int.random(in: letters.indices, using: &generator)] }
  }
}
