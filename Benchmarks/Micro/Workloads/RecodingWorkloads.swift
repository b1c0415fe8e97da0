import DICOM
import EscrowTesting

extension Workload {
  /// Data sets in another transfer syntax.
  static let recodingWorkloads = [
    recoding("re-encode a CT image of 32 KiB as implicit", SampleInstance(modality: .ct, pixelBytes: 32_768)),
    recoding("re-encode a report as implicit", SampleInstance(modality: .sr)),
    recoding(
      "re-encode a CT image of 32 KiB from big endian",
      SampleInstance(modality: .ct, pixelBytes: 32_768, transferSyntax: .explicitBigEndian), to: .explicitLittleEndian),
  ]

  private static func recoding(
    _ name: String, _ instance: SampleInstance, to target: TransferSyntax = .implicitLittleEndian
  ) -> Workload {
    Workload(name: name, times: 100) { _ in
      { times in
        var written = 0
        var output: [UInt8] = []
        for _ in 0..<times {
          let recoder = try DataSetRecoder(from: instance.transferSyntax, to: target)
          output.removeAll(keepingCapacity: true)
          try instance.dataSet.withUnsafeBytes { try recoder.recode($0, into: &output) }
          try recoder.finish(into: &output)
          written += output.count
        }
        return written
      }
    }
  }
}
