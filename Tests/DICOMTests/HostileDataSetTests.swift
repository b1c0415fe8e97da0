import DICOM
import EscrowTesting
import Testing

struct HostileDataSetTests {
  static let endless: [([UInt8], TransferSyntax)] = [
    (Raw.explicit(Tag(0x0009, 0x1001), "OB", [1, 2], length: 0xFFFF_FFFE), TransferSyntax.explicitLittleEndian),
    (Raw.explicit(.patientID, "UT", [1, 2], length: 0xFFFF_FFFE), .explicitLittleEndian),
    (Raw.implicit(.patientID, [1, 2], length: 0xFFFF_FFFE), .implicitLittleEndian),
  ]

  @Test("An element longer than the data set is a truncation, and allocates nothing", arguments: endless)
  func endlessElement(bytes: [UInt8], transferSyntax: TransferSyntax) {
    #expect(header(of: bytes, as: transferSyntax).condition == .truncated)
  }

  @Test("100 000 nested sequences end at the depth allowed")
  func nesting() {
    let level = Raw.explicit(Tag(0x0008, 0x1115), "SQ", length: Raw.undefined) + Raw.item(length: Raw.undefined)
    let bytes = Array(repeatElement(level, count: 100_000).joined())
    #expect(header(of: bytes).condition == .unreadable(reason: "sequences are nested deeper than 64"))
    let allowed = Array(repeatElement(level, count: 64).joined())
    let closing = Array(repeatElement(Raw.itemEnd() + Raw.sequenceEnd(), count: 64).joined())
    let end = Raw.explicit(.patientID, "LO", text: "P1")
    #expect(header(of: allowed + closing + end).strings(.patientID) == ["P1"])
    #expect(header(of: allowed + closing + end).condition == .complete)
  }

  @Test("Millions of empty elements use up the budget of elements or of bytes")
  func emptyElements() {
    let bytes = Array(repeatElement(Raw.explicit(Tag(0x0009, 0x1001), "LO"), count: 1000).joined())
    var limits = HeaderReader.Limits()
    limits.elements = 999
    #expect(header(of: bytes, limits: limits).condition.isUnreadable)
    limits = HeaderReader.Limits()
    limits.headerBytes = 7999
    #expect(header(of: bytes, limits: limits).condition.isUnreadable)
    limits.headerBytes = 8000
    #expect(header(of: bytes, limits: limits).condition == .complete)
  }

  @Test("Sequences that are never closed, and items outside of them, are malformed but complete")
  func openSequences() {
    let sequence = Raw.explicit(Tag(0x0008, 0x1115), "SQ", length: Raw.undefined)
    #expect(header(of: sequence).condition.isUnreadable)
    #expect(header(of: sequence + Raw.item(length: Raw.undefined)).condition.isUnreadable)
    #expect(header(of: sequence + Raw.item()).condition.isUnreadable)
    #expect(header(of: sequence + Raw.explicit(.patientID, "LO")).condition.isUnreadable)
    #expect(header(of: Raw.item()).condition.isUnreadable)
    #expect(header(of: sequence + Raw.item([1, 2, 3], length: 40)).condition == .truncated)
  }

  @Test("Noise of any kind is no truncation where the bytes give away that they are noise")
  func garbage() {
    let texts = ["<html><body>no</body></html>", "GET / HTTP/1.1\r\n\r\n", "%PDF-1.7 and so on"]
    for text in texts {
      let bytes = Array(text.utf8)
      #expect(header(of: bytes, as: .implicitLittleEndian).condition.isUnreadable, "\(text)")
      #expect(header(of: bytes, as: .explicitLittleEndian).condition.isUnreadable, "\(text)")
    }
    let mislabelled = SampleInstance(transferSyntax: .explicitLittleEndian).dataSet
    #expect(header(of: mislabelled, as: .implicitLittleEndian).condition.isUnreadable)
    #expect(header(of: mislabelled, as: .explicitBigEndian).condition.isUnreadable)
    let big = SampleInstance(transferSyntax: .explicitBigEndian).dataSet
    #expect(header(of: big, as: .explicitLittleEndian).condition.isUnreadable)
  }

  @Test("An implicit data set that is said to be explicit is read all the same")
  func implicitUnderExplicit() {
    let sample = SampleInstance(transferSyntax: .implicitLittleEndian)
    let found = header(of: sample.dataSet, as: .explicitLittleEndian)
    #expect(found.uid(.studyInstanceUID) == sample.studyInstanceUID)
    #expect(found.oddities == .guessedVR)
  }

  @Test("No bytes make the reader trap, whatever their pieces", arguments: 0..<40 as Range<UInt64>)
  func noise(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let sample = SampleInstance(modality: .sr, seed: seed, sequences: .undefined).dataSet
    for transferSyntax in HeaderReaderTests.syntaxes {
      let noise = (0..<Int.random(in: 1...600, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      _ = header(of: noise, as: transferSyntax, pieces: [3, 50, 100])
      var damaged = sample
      for _ in 0..<8 {
        damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      let whole = header(of: damaged, as: transferSyntax)
      let pieces = (0..<30).map { _ in Int.random(in: 1...80, using: &generator) }
      #expect(header(of: damaged, as: transferSyntax, pieces: pieces) == whole)
      _ = try? DataSet(decoding: damaged, as: transferSyntax)
      _ = try? FileMeta.decode(damaged)
    }
  }
}

extension Header.Condition {
  var isUnreadable: Bool { if case .unreadable = self { true } else { false } }
}
