import DICOM
import EscrowTesting
import Testing

struct DeflatedHeaderTests {
  static let deflated = TransferSyntax.deflatedExplicitLittleEndian

  @Test("A zlib header in front of the stream is tolerated")
  func zlibHeader() {
    let sample = SampleInstance(transferSyntax: Self.deflated)
    let found = header(of: [0x78, 0x9C] + sample.dataSet, as: Self.deflated)
    #expect(found.condition == .complete)
    #expect(found.uid(.sopInstanceUID) == sample.sop.instanceUID)
  }

  @Test("A NUL behind the stream is padding")
  func padding() throws {
    let small = DataSet([DataElement(.patientID, .lo, text: "P1")])
    let bytes = small.encoded(as: Self.deflated)
    #expect(bytes.count.isMultiple(of: 2))
    #expect(header(of: bytes + [0], as: Self.deflated).condition == .complete)
    #expect(header(of: bytes + [0, 0, 0], as: Self.deflated).strings(.patientID) == ["P1"])
  }

  @Test("A stream that ends too early is truncated")
  func truncated() {
    let bytes = DataSet([DataElement(.patientID, .lo, text: "P1")]).encoded(as: Self.deflated)
    #expect(header(of: Array(bytes.prefix(6)), as: Self.deflated).condition == .truncated)
  }

  @Test("A stream that is none is unreadable")
  func damaged() {
    let noise = [UInt8](repeating: 0xFF, count: 300)
    #expect(header(of: noise, as: Self.deflated).condition == .unreadable(reason: "the deflated stream is damaged"))
    let plain = SampleInstance(transferSyntax: .explicitLittleEndian).dataSet
    #expect(header(of: plain, as: Self.deflated).condition.isUnreadable)
  }

  @Test("A bomb before the last attribute is inflated no further than allowed")
  func bomb() {
    let blank = [UInt8](repeating: 0, count: 5_000_000)
    let content = DataSet([
      DataElement(.sopClassUID, uid: "1.2"), DataElement(Tag(0x0009, 0x1001), .ob, .bytes(blank)),
      DataElement(.studyInstanceUID, uid: "1.23"),
    ])
    let bytes = content.encoded(as: Self.deflated)
    #expect(bytes.count < 10_000)
    #expect(header(of: bytes, as: Self.deflated).condition.isUnreadable)
    var limits = HeaderReader.Limits()
    limits.inflatedBytes = 6_000_000
    #expect(header(of: bytes, as: Self.deflated, limits: limits).uid(.studyInstanceUID) == "1.23")
  }

  @Test("Blocks that inflate to nothing do not go on for ever")
  func emptyBlocks() {
    let emptyStoredBlock: [UInt8] = [0, 0, 0, 0xFF, 0xFF]
    var limits = HeaderReader.Limits()
    limits.inflatedBytes = 10_000
    let bytes = Array(repeatElement(emptyStoredBlock, count: 10_000).joined())
    #expect(header(of: bytes, as: Self.deflated, limits: limits).condition.isUnreadable)
  }

  @Test("A large stream is read piece by piece, and no further than needed")
  func large() {
    var generator = SeededGenerator(seed: 3)
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let content = DataSet([
      DataElement(.sopClassUID, uid: "1.2"), DataElement(Tag(0x0009, 0x1001), .ob, .bytes(noise)),
      DataElement(.studyInstanceUID, uid: "1.23"), DataElement(.pixelData, .ow, .bytes(noise)),
    ])
    let bytes = content.encoded(as: Self.deflated)
    let pieces = [Int](repeating: 1000, count: 300)
    #expect(header(of: bytes, as: Self.deflated, pieces: pieces).uid(.studyInstanceUID) == "1.23")
    var reader = HeaderReader(transferSyntax: Self.deflated, wanted: .routing)
    bytes[..<140_000].withUnsafeBytes { reader.read($0) }
    #expect(reader.isDone)
  }
}
