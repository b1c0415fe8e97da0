import DICOM
import EscrowTesting
import Testing

struct SampleInstanceTests {
  @Test(
    "Samples decode to their content", arguments: SampleInstance.Modality.allCases, HeaderReaderTests.syntaxes.prefix(6)
  )
  func content(modality: SampleInstance.Modality, transferSyntax: TransferSyntax) throws {
    let sample = SampleInstance(modality: modality, pixelBytes: 8192, transferSyntax: transferSyntax)
    let decoded = try DataSet(decoding: sample.dataSet, as: transferSyntax)
    #expect(decoded.elements.map(\.tag) == sample.content.elements.map(\.tag))
    #expect(decoded.uid(.sopInstanceUID) == sample.sop.instanceUID)
    #expect(SOPClass.keyword(of: sample.sop.classUID)?.hasSuffix("Storage") == true)
  }

  @Test("The same seed makes the same bytes, another seed others")
  func seeds() {
    #expect(SampleInstance(seed: 7).dataSet == SampleInstance(seed: 7).dataSet)
    #expect(SampleInstance(seed: 7).sop != SampleInstance(seed: 8).sop)
  }

  @Test("Pixels have the size asked for", arguments: [0, 2, 1000, 524_288, 3_000_000])
  func pixels(count: Int) throws {
    let sample = SampleInstance(pixelBytes: count, transferSyntax: .implicitLittleEndian)
    let rows = Int(sample.content.unsignedShort(.rows) ?? 0)
    let columns = Int(sample.content.unsignedShort(.columns) ?? 0)
    #expect(rows * columns * 2 == count)
    #expect(sample.content.bytes(.pixelData)?.count ?? 0 == count)
  }

  @Test("Encapsulated frames are fragments behind an empty offset table")
  func fragments() throws {
    let sample = SampleInstance(modality: .multiFrame, pixelBytes: 8192, transferSyntax: .jpegBaseline8Bit)
    guard case .fragments(let fragments)? = sample.content[.pixelData]?.value else {
      Issue.record("pixel data is not encapsulated")
      return
    }
    #expect(fragments.map(\.count) == [0, 2052, 2052, 2052, 2052])
    #expect(sample.content.text(.numberOfFrames) == "4")
  }

  @Test("What is given is what is in it")
  func given() throws {
    let sample = SampleInstance(
      modality: .mr, studyInstanceUID: "1.2.3", seriesInstanceUID: "1.2.3.1", sopInstanceUID: "1.2.3.1.1",
      patientID: "X", patientName: "N^M", extra: [DataElement(.bodyPartExamined, .cs, text: "CHEST")])
    let decoded = try DataSet(decoding: sample.dataSet, as: .explicitLittleEndian)
    #expect(decoded.uid(.studyInstanceUID) == "1.2.3")
    #expect(decoded.uid(.seriesInstanceUID) == "1.2.3.1")
    #expect(decoded.uid(.sopInstanceUID) == "1.2.3.1.1")
    #expect(decoded.text(.patientID) == "X")
    #expect(decoded.text(.patientName) == "N^M")
    #expect(decoded.text(.bodyPartExamined) == "CHEST")
  }

  @Test("A file is information and data set")
  func file() throws {
    let sample = SampleInstance(transferSyntax: .jpegBaseline8Bit)
    let file = sample.file(sourceAE: "CT1")
    let decoded = try FileMeta.decode(file)
    #expect(decoded.meta.sopInstance == sample.sop)
    #expect(decoded.meta.transferSyntax == .jpegBaseline8Bit)
    #expect(decoded.meta.sourceAE == "CT1")
    #expect(Array(file[decoded.dataSetOffset...]) == sample.dataSet)
  }
}
