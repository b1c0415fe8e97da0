import DICOM
import DICOMProtocol
import EscrowTesting
import Foundation
import NIOCore
import Testing

@Suite struct BuiltInArchiveTests {
  private let sample = SampleInstance(seed: 31)

  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "escrow-archive-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  @Test func whatIsStoredIsAFileOfItsBytes() async throws {
    try await withFolder { folder in
      try await RunningArchive.run(in: folder) { archive in
        let status = try await archive.store(sample)
        #expect(status == .success)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == 1)
      let bytes = try Data(contentsOf: folder.appending(path: names.first ?? ""))
      #expect([UInt8](bytes).suffix(sample.dataSet.count) == sample.dataSet[...])
    }
  }

  @Test func itCommitsToWhatItHasAndToNothingElse() async throws {
    let unknown = SOPInstance(classUID: sample.sop.classUID, instanceUID: "1.2.3")
    let otherClass = SOPInstance(
      classUID: SampleInstance.Modality.mr.sopClassUID, instanceUID: sample.sop.instanceUID)
    try await withFolder { folder in
      try await RunningArchive.run(in: folder) { archive in
        let status = try await archive.store(sample)
        #expect(status == .success)
        let good = try await archive.commit([sample.sop])
        #expect(good.committed == [sample.sop] && good.failed.isEmpty)
        let bad = try await archive.commit([unknown, otherClass])
        #expect(bad.committed.isEmpty)
        #expect(bad.failed.map(\.reason) == [0x0112, 0x0119])
      }
    }
  }

  @Test func afterARestartItKnowsWhatItHasAndMindsNoStrangeFiles() async throws {
    try await withFolder { folder in
      try await RunningArchive.run(in: folder) { archive in
        let status = try await archive.store(sample)
        #expect(status == .success)
      }
      try Data("no DICOM".utf8).write(to: folder.appending(path: "strange.dcm"))
      try Data("half".utf8).write(to: folder.appending(path: "half.part"))
      try await RunningArchive.run(in: folder) { archive in
        let report = try await archive.commit([sample.sop])
        #expect(report.committed == [sample.sop])
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "half.part").path))
    }
  }

  @Test func whoHasNoAddressIsToldSo() async throws {
    try await withFolder { folder in
      try await RunningArchive.run(in: folder) { archive in
        let peer = try await archive.associate(as: "NOBODY")
        let request = CommitmentActionInformation(transactionUID: "2.25.1", references: [sample.sop])
        let bytes = Array(request.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid).readableBytesView)
        try await peer.send(.commitmentRequest(messageID: 1), dataSet: bytes, on: 3)
        #expect(try await peer.nextCommand().statusCode == .processingFailure)
      }
    }
  }

  @Test func aBrokenOffInstanceLeavesNothing() async throws {
    try await withFolder { folder in
      try await RunningArchive.run(in: folder) { archive in
        let peer = try await archive.associate()
        try await peer.send(.storeRequest(sop: sample.sop, messageID: 1))
        try await peer.send(fragment: Array(sample.dataSet.prefix(100)), isLast: false)
        try await peer.close()
        let report = try await archive.commit([sample.sop])
        #expect(report.failed.map(\.reason) == [0x0112])
      }
      #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.hasSuffix(".dcm") })
    }
  }
}
