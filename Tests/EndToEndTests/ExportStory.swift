import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// A study that is stuck is carried by hand.
  @Suite struct Exporting {
    private static let audit = """
      import sys, hashlib, pydicom
      from pydicom.fileset import FileSet
      fs = FileSet(sys.argv[1])
      for i in fs:
          ds = i.load()
          assert ds.SOPInstanceUID == i.SOPInstanceUID and ds.file_meta.TransferSyntaxUID
      print(sorted(i.SOPInstanceUID for i in fs), fs.is_staged)
      """

    @Test func aStudyIsAFileSetThatOthersRead() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, mr: 1, sr: 1), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        let study = samples[0].study
        let ours = samples.filter { $0.study == study }
        let target = stage.directory.appending("usb")
        let exported = try await escrow.cli("export", study, "--to", target)
        #expect(exported.code == 0, "\(exported)")
        let audit = try await Command(Repository.python, ["-c", Self.audit, target + "/DICOMDIR"]).check()
        #expect(audit.output.contains("\(ours.map(\.uid).sorted())".replacing("\"", with: "'")), "\(audit)")
        let dump = try await Command("dcmdump", [target + "/DICOMDIR"]).check()
        #expect(dump.errors.isEmpty && dump.output.contains("DirectoryRecordSequence"), "\(dump)")
        // DCMTK finds every file, and takes the directory for one that it can add to.
        try await Command(
          "dcmmkdir",
          ["--update", "--input-directory", target, "--output-file", target + "/DICOMDIR"] + [
            "DICOM/SE000001/IM000001"
          ]
        ).check()
        #expect(try await escrow.instances("inTransit") == samples.count)
        #expect(escrow.spooled.count == samples.count)
        let again = try await escrow.cli("export", study, "--to", target)
        #expect(again.code == 2 && again.errors.contains("not empty"), "\(again)")
      }
    }

    @Test func whatIsDamagedIsNamedAndLeftOut() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage, peers: sender("ct1", "CT1"), routes: [:])
        try await Modality.start(on: stage, to: escrow).store(samples)
        let file = try #require(escrow.spooled.first)
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[bytes.count - 10] ^= 1
        try bytes.write(to: URL(filePath: file))
        let target = stage.directory.appending("usb")
        let exported = try await escrow.cli("export", samples[0].study, "--to", target)
        #expect(exported.code == 1, "\(exported)")
        #expect(exported.output.contains("1 files"), "\(exported)")
        #expect(samples.contains { exported.errors.contains($0.uid) }, "\(exported)")
        #expect(stage.directory.files(in: "usb").count == 3)
        let unknown = try await escrow.cli("export", "1.2.3", "--to", stage.directory.appending("other"))
        #expect(unknown.code == 1 && unknown.errors.contains("nothing is on record"), "\(unknown)")
      }
    }
  }
}
