import DICOM
import EscrowTesting
import Testing

struct HeaderReaderTests {
  static let syntaxes: [TransferSyntax] = [
    .implicitLittleEndian, .explicitLittleEndian, .explicitBigEndian, .deflatedExplicitLittleEndian,
    .jpegBaseline8Bit, .encapsulatedUncompressed, TransferSyntax("1.2.840.10008.1.2.4.95"), .gePrivate,
    TransferSyntax("1.2.3.4"),
  ]

  @Test("The wanted attributes of samples are found in every transfer syntax", arguments: syntaxes)
  func samples(transferSyntax: TransferSyntax) {
    for modality in SampleInstance.Modality.allCases {
      for sequences in [DataSet.SequenceLengths.defined, .undefined] {
        let sample = SampleInstance(modality: modality, transferSyntax: transferSyntax, sequences: sequences)
        let found = header(of: sample.dataSet, as: transferSyntax)
        #expect(found.condition == .complete)
        #expect(found.oddities == [])
        #expect(found.uid(.sopClassUID) == sample.sop.classUID)
        #expect(found.uid(.sopInstanceUID) == sample.sop.instanceUID)
        #expect(found.uid(.studyInstanceUID) == sample.studyInstanceUID)
        #expect(found.uid(.seriesInstanceUID) == sample.seriesInstanceUID)
        #expect(found.strings(.modality) == [modality.rawValue])
        #expect(found.strings(.patientName) == ["Sample^Sam"])
        #expect(found.strings(.instanceNumber) == ["1"])
        #expect(found.strings(.issuerOfPatientID) == nil)
      }
    }
  }

  @Test("Pieces of any size make no difference", arguments: syntaxes)
  func splits(transferSyntax: TransferSyntax) {
    let bytes = SampleInstance(modality: .sr, transferSyntax: transferSyntax, sequences: .undefined).dataSet
    let wanted = Set<Tag>.routing.union([Tag(0x0040, 0xA493), Tag(0x0040, 0xB000)])
    let whole = header(of: bytes, as: transferSyntax, wanted: wanted)
    #expect(whole.strings(Tag(0x0040, 0xA493)) == ["UNVERIFIED"])
    for position in bytes.indices {
      #expect(header(of: bytes, as: transferSyntax, wanted: wanted, pieces: [position]) == whole)
    }
    for size in 1...17 {
      let pieces = [Int](repeating: size, count: bytes.count / size)
      #expect(header(of: bytes, as: transferSyntax, wanted: wanted, pieces: pieces) == whole)
    }
  }

  @Test("Whether a sequence has an item is found in every encoding", arguments: syntaxes)
  func sequences(transferSyntax: TransferSyntax) {
    let tags = (full: Tag(0x0008, 0x1110), empty: Tag(0x0008, 0x1111), absent: Tag(0x0008, 0x1115))
    for lengths in [DataSet.SequenceLengths.defined, .undefined] {
      let item = DataSet([DataElement(.modality, .cs, text: "XX")])
      let dataSet = DataSet([
        DataElement(tags.full, items: [item]), DataElement(tags.empty, items: []),
        DataElement(.patientID, .lo, text: "P"),
      ])
      let bytes = dataSet.encoded(as: transferSyntax, sequences: lengths)
      for wanted in [[tags.full, tags.empty, tags.absent, .patientID], [tags.full, tags.empty], [tags.full]] {
        for pieces in [[], Array(repeating: 1, count: bytes.count - 1)] {
          let found = header(of: bytes, as: transferSyntax, wanted: Set(wanted), pieces: pieces)
          #expect(found.condition == .complete)
          #expect(found.hasValue(tags.full) && !found.hasValue(tags.empty) && !found.hasValue(tags.absent))
          #expect(found.strings(tags.full) == nil && found.string(.modality) == nil)
        }
      }
    }
  }

  @Test("Reading is done behind the last wanted attribute, however much follows")
  func stopsEarly() {
    var reader = HeaderReader(transferSyntax: .explicitLittleEndian, wanted: .routing)
    let sample = SampleInstance(pixelBytes: 200_000).dataSet
    sample[..<1000].withUnsafeBytes { reader.read($0) }
    #expect(reader.isDone)
    [UInt8](repeating: 0xFF, count: 999).withUnsafeBytes { reader.read($0) }
    #expect(reader.finish().condition == .complete)
  }

  @Test("Reading is done as soon as nothing is missing")
  func stopsWhenFound() {
    var reader = HeaderReader(transferSyntax: .explicitLittleEndian, wanted: [.modality])
    let start =
      Raw.explicit(.specificCharacterSet, "CS", text: "ISO_IR 100") + Raw.explicit(.modality, "CS", text: "CT")
    let filler = Raw.explicit(Tag(0x0002, 0x0010), "UI", [UInt8](repeating: 0x31, count: 150))
    (filler + start).withUnsafeBytes { reader.read($0) }
    #expect(reader.isDone)
    #expect(reader.finish().strings(.modality) == ["CT"])
  }

  @Test("Where the bytes may end without loss, and where they may not")
  func truncation() {
    let elements = [
      Raw.explicit(.sopClassUID, "UI", text: "1.2\0"), Raw.explicit(.patientID, "LO", text: "P1"),
      Raw.explicit(.studyInstanceUID, "UI", text: "1.23"), Raw.explicit(Tag(0x0028, 0x0010), "US", [1, 2]),
    ]
    let bytes = Array(elements.joined())
    let lastWantedEnd = elements[..<3].joined().count
    var boundaries: Set = [0]
    for element in elements { boundaries.insert((boundaries.max() ?? 0) + element.count) }
    for end in 1...bytes.count {
      let condition = header(of: Array(bytes[..<end])).condition
      let judged = end < lastWantedEnd + 8
      #expect(condition == (judged && !boundaries.contains(end) ? .truncated : .complete), "\(end)")
    }
  }

  @Test("Nothing at all is an empty data set", arguments: syntaxes)
  func empty(transferSyntax: TransferSyntax) {
    #expect(header(of: [], as: transferSyntax).condition == .empty)
  }

  @Test("A DICOM file is told from a data set", arguments: syntaxes)
  func preamble(transferSyntax: TransferSyntax) {
    let file = SampleInstance(transferSyntax: transferSyntax).file()
    for pieces in [[], [1], [131], [132], [133], [134], [60, 60, 10, 3]] {
      #expect(header(of: file, as: transferSyntax, pieces: pieces).condition == .preamble)
    }
  }

  @Test("A data set shorter than a preamble is read")
  func short() {
    let bytes = Raw.implicit(.patientID, text: "P1")
    #expect(header(of: bytes, as: .implicitLittleEndian).strings(.patientID) == ["P1"])
  }

  @Test("A wanted value longer than the limit is cut, and the next one read")
  func longValues() {
    var limits = HeaderReader.Limits()
    limits.valueLength = 10
    let bytes =
      Raw.explicit(.modality, "CS", text: String(repeating: "A", count: 10))
      + Raw.explicit(.studyDescription, "LO", text: String(repeating: "B", count: 200))
      + Raw.explicit(.patientID, "LO", text: "P1")
    for position in bytes.indices {
      let found = header(of: bytes, limits: limits, pieces: [position])
      #expect(found.elements[.modality]?.count == 10)
      #expect(found.strings(.studyDescription) == ["BBBBBBBBBB"])
      #expect(found.strings(.patientID) == ["P1"])
      #expect(found.oddities == .valueCut)
    }
  }

  @Test("What stands beyond pixel data is never waited for")
  func beyondPixels() {
    let bytes = Raw.explicit(.modality, "CS", text: "CT") + Raw.explicit(.pixelData, "OW", [1, 2], length: 4000)
    #expect(header(of: bytes, wanted: [.modality, Tag(0xFFFA, 0xFFFA)]).condition == .complete)
  }
}
