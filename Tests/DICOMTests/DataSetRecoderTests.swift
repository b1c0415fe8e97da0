import DICOM
import EscrowTesting
import Testing

/// A data set that was re-encoded on its way is what the codec writes in that transfer syntax at once.
struct DataSetRecoderTests {
  private static let targets: [TransferSyntax] = [.implicitLittleEndian, .explicitLittleEndian]

  /// Re-encodes bytes that come in pieces of `size`.
  private func recode(
    _ bytes: [UInt8], from source: TransferSyntax, to target: TransferSyntax, piece size: Int = .max,
    inflatedLimit: Int = 1 << 30
  ) throws(RecodingError) -> [UInt8] {
    let recoder = try DataSetRecoder(from: source, to: target, inflatedLimit: inflatedLimit)
    var output: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(size))
      rest = rest.dropFirst(size)
      let failure = piece.withUnsafeBytes { bytes -> RecodingError? in
        do throws(RecodingError) {
          try recoder.recode(bytes, into: &output)
          return nil
        } catch { return error }
      }
      if let failure { throw failure }
    }
    try recoder.finish(into: &output)
    return output
  }

  @Test("Random data sets, however they were written and come in", arguments: 0..<60 as Range<UInt64>)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let dataSet = RandomDataSet.make(depth: 3, &generator)
    let piece = Int.random(in: 1...50, using: &generator)
    for source in DataSetPropertyTests.syntaxes {
      for lengths in [DataSet.SequenceLengths.defined, .undefined] {
        let bytes = dataSet.encoded(as: source, sequences: lengths)
        for target in Self.targets {
          let expected = dataSet.encoded(as: target, sequences: .undefined)
          #expect(try recode(bytes, from: source, to: target, piece: piece) == expected)
          #expect(try recode(bytes, from: source, to: target) == expected)
        }
      }
    }
  }

  @Test("Sample objects, pixel data included", arguments: SampleInstance.Modality.allCases)
  func samples(modality: SampleInstance.Modality) throws {
    for source in DataSetPropertyTests.syntaxes {
      let sample = SampleInstance(modality: modality, pixelBytes: 200_000, transferSyntax: source)
      for target in Self.targets {
        let expected = sample.content.encoded(as: target, sequences: .undefined)
        #expect(try recode(sample.dataSet, from: source, to: target, piece: 16_378) == expected)
      }
    }
  }

  @Test("What another toolkit wrote", arguments: DataSetTests.elsewhere)
  func elsewhere(source: TransferSyntax, bytes: [UInt8]) throws {
    for target in Self.targets {
      let recoded = try recode(bytes, from: source, to: target, piece: 5)
      #expect(recoded == DataSetTests.content.encoded(as: target, sequences: .undefined))
    }
  }

  @Test("There and back again the values are the same bytes", arguments: 100..<120 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let dataSet = RandomDataSet.make(depth: 3, &generator)
    let explicit = dataSet.encoded(as: .explicitLittleEndian, sequences: .undefined)
    let implicit = try recode(explicit, from: .explicitLittleEndian, to: .implicitLittleEndian)
    #expect(try recode(implicit, from: .implicitLittleEndian, to: .explicitLittleEndian) == explicit)
  }

  @Test("Pixel Representation decides between US and SS, in each item anew", arguments: [(0, "US"), (1, "SS")])
  func signs(representation: UInt8, vr: String) throws {
    let smallest = Tag(0x0028, 0x0106)
    let inner = Raw.implicit(Tag(0x0028, 0x0103), [1 - representation, 0]) + Raw.implicit(smallest, [1, 0])
    let bytes =
      Raw.implicit(Tag(0x0028, 0x0103), [representation, 0])
      + Raw.implicit(Tag(0x0028, 0x3000), Raw.item(inner)) + Raw.implicit(smallest, [2, 0])
    let recoded = try recode(bytes, from: .implicitLittleEndian, to: .explicitLittleEndian)
    let found = try DataSet(decoding: recoded, as: .explicitLittleEndian)
    #expect(found[smallest]?.vr.rawValue == vr)
    #expect(found.items(Tag(0x0028, 0x3000))?.first?[smallest]?.vr.rawValue == (vr == "US" ? "SS" : "US"))
  }

  @Test("Private attributes become UN, their creators LO, and private sequences SQ")
  func privateAttributes() throws {
    let bytes =
      Raw.implicit(Tag(0x0009, 0x0010), text: "ACME") + Raw.implicit(Tag(0x0009, 0x1001), [1, 2, 3, 4])
      + Raw.implicit(Tag(0x0009, 0x1002), Raw.item() + Raw.sequenceEnd(), length: Raw.undefined)
    let recoded = try recode(bytes, from: .implicitLittleEndian, to: .explicitLittleEndian)
    let expected =
      Raw.explicit(Tag(0x0009, 0x0010), "LO", text: "ACME") + Raw.explicit(Tag(0x0009, 0x1001), "UN", [1, 2, 3, 4])
      + Raw.explicit(
        Tag(0x0009, 0x1002), "SQ", Raw.item(length: Raw.undefined) + Raw.itemEnd() + Raw.sequenceEnd(),
        length: Raw.undefined)
    #expect(recoded == expected)
  }

  @Test("UN of undefined length stays implicit little endian inside")
  func unknownSequence() throws {
    let inside = Raw.item(Raw.implicit(.modality, text: "CT"), length: Raw.undefined) + Raw.itemEnd()
    let content = inside + Raw.sequenceEnd()
    let little = Raw.explicit(Tag(0x0009, 0x1002), "UN", content, length: Raw.undefined)
    #expect(try recode(little, from: .explicitLittleEndian, to: .explicitLittleEndian) == little)
    let implicit = Raw.implicit(Tag(0x0009, 0x1002), content, length: Raw.undefined)
    #expect(try recode(little, from: .explicitLittleEndian, to: .implicitLittleEndian) == implicit)
    let rows = Raw.explicit(.rows, "US", [0, 7], bigEndian: true)
    let big = Raw.explicit(Tag(0x0009, 0x1002), "UN", content, length: Raw.undefined, bigEndian: true) + rows
    #expect(
      try recode(big, from: .explicitBigEndian, to: .explicitLittleEndian)
        == little + Raw.explicit(.rows, "US", [7, 0]))
  }

  @Test("UN of defined length is never turned around")
  func unknownBytes() throws {
    let big = Raw.explicit(Tag(0x0009, 0x1001), "UN", [1, 2, 3, 4], bigEndian: true)
    #expect(
      try recode(big, from: .explicitBigEndian, to: .implicitLittleEndian)
        == Raw.implicit(Tag(0x0009, 0x1001), [1, 2, 3, 4]))
  }

  @Test("A value too long for the short form of its VR becomes UN")
  func longValue() throws {
    let text = [UInt8](repeating: UInt8(ascii: "A"), count: 70_000)
    let recoded = try recode(
      Raw.implicit(.patientID, text), from: .implicitLittleEndian, to: .explicitLittleEndian, piece: 999)
    #expect(recoded == Raw.explicit(.patientID, "UN", text))
  }

  @Test("Group lengths are left out, odd lengths are made even, stray delimiters skipped")
  func oddities() throws {
    let bytes =
      Raw.explicit(Tag(0x0008, 0x0000), "UL", [8, 0, 0, 0]) + Raw.explicit(.modality, "CS", text: "CTX")
      + Raw.explicit(.referencedSOPSequence, "SQ", Raw.item()) + Raw.sequenceEnd()
      + Raw.explicit(.patientID, "LO", text: "P1")
    let recoded = try recode(bytes, from: .explicitLittleEndian, to: .implicitLittleEndian)
    let expected =
      Raw.implicit(.modality, text: "CTX ")
      + Raw.implicit(
        .referencedSOPSequence, Raw.item(length: Raw.undefined) + Raw.itemEnd() + Raw.sequenceEnd(),
        length: Raw.undefined)
      + Raw.implicit(.patientID, text: "P1")
    #expect(recoded == expected)
  }

  @Test("A sequence that is never closed is closed at the end")
  func unclosed() throws {
    let bytes = Raw.explicit(.referencedSOPSequence, "SQ", Raw.item(length: Raw.undefined), length: Raw.undefined)
    #expect(
      try recode(bytes, from: .explicitLittleEndian, to: .explicitLittleEndian)
        == bytes + Raw.itemEnd() + Raw.sequenceEnd())
  }

  @Test("What cannot be written otherwise says why")
  func refusals() {
    let native = TransferSyntax.explicitLittleEndian
    func refusal(
      _ bytes: [UInt8], from source: TransferSyntax = native, to target: TransferSyntax = .implicitLittleEndian,
      inflatedLimit: Int = 1 << 20
    ) -> RecodingError? {
      do throws(RecodingError) {
        _ = try recode(bytes, from: source, to: target, inflatedLimit: inflatedLimit)
        return nil
      } catch { return error }
    }
    #expect(refusal([], from: .jpegBaseline8Bit) == .unsupported(from: .jpegBaseline8Bit, to: .implicitLittleEndian))
    #expect(refusal([], to: .explicitBigEndian) == .unsupported(from: native, to: .explicitBigEndian))
    #expect(refusal(Raw.explicit(.modality, "CS", text: "CT").dropLast()) == .truncated)
    #expect(refusal([8, 0, 0x60]) == .truncated)
    #expect(refusal(Raw.explicit(.referencedSOPSequence, "SQ", Raw.item(), length: 20)) == .truncated)
    #expect(refusal(Raw.explicit(Tag(0x7FE0, 0x0010), "OB", Raw.item(), length: Raw.undefined)) == .encapsulated)
    let nested = (0..<70).flatMap { _ in
      Raw.explicit(.referencedSOPSequence, "SQ", Raw.item(length: Raw.undefined), length: Raw.undefined)
    }
    #expect(refusal(nested) == .tooDeep(limit: 64))
    let inner = Raw.item(Raw.explicit(.modality, "CS", length: 200))
    guard case .malformed? = refusal(Raw.explicit(.referencedSOPSequence, "SQ", inner)) else {
      Issue.record("a value longer than its item")
      return
    }
    let bomb = DataSet([DataElement(.pixelData, .ow, .bytes([UInt8](repeating: 0, count: 3 << 20)))])
      .encoded(as: .deflatedExplicitLittleEndian)
    #expect(refusal(bomb, from: .deflatedExplicitLittleEndian) == .tooLong(limit: 1 << 20))
    #expect(
      refusal(Array(bomb.dropLast(40)), from: .deflatedExplicitLittleEndian, inflatedLimit: 1 << 30) == .truncated)
    guard case .malformed? = refusal([0xFF, 0xFF, 0xFF], from: .deflatedExplicitLittleEndian) else {
      Issue.record("no deflated stream")
      return
    }
    #expect(
      refusal(Raw.explicit(.rows, "ZZ", [0, 0, 0, 0], bigEndian: true), from: .explicitBigEndian)
        == .unknownRepresentation(.rows))
  }

  @Test("Noise is refused or written, and never ends the process", arguments: 0..<200 as Range<UInt64>)
  func noise(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var bytes = RandomDataSet.make(depth: 2, &generator).encoded(as: .explicitLittleEndian)
    for _ in 0..<5 where !bytes.isEmpty {
      bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
    }
    for source in DataSetPropertyTests.syntaxes {
      for target in Self.targets {
        let recoded = (try? recode(bytes, from: source, to: target, piece: 7)) ?? []
        #expect(recoded.count % 2 == 0)
      }
    }
  }
}
