import DICOM
import EscrowTesting

extension Workload {
  /// What routing wants to know, from the first bytes of a data set.
  static let headerWorkloads = [
    reading("read the header of a CT image", SampleInstance(modality: .ct, pixelBytes: 32_768)),
    reading(
      "read the header of a deflated CT image",
      SampleInstance(modality: .ct, pixelBytes: 32_768, transferSyntax: .deflatedExplicitLittleEndian)),
  ]

  private static let wanted: Set<Tag> = [
    .patientID, .accessionNumber, .studyInstanceUID, .seriesInstanceUID, .modality, .studyDate, .stationName,
    .institutionName,
  ]

  private static func reading(_ name: String, _ instance: SampleInstance) -> Workload {
    Workload(name: name, times: 1000) { _ in
      { times in
        var found = 0
        for _ in 0..<times {
          var reader = HeaderReader(transferSyntax: instance.transferSyntax, wanted: wanted)
          instance.dataSet.withUnsafeBytes { reader.read(UnsafeRawBufferPointer(rebasing: $0.prefix(16_384))) }
          found += reader.finish().condition == .complete ? 1 : 0
        }
        return found
      }
    }
  }
}
