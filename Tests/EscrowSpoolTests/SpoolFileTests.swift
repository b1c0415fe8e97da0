import DICOM
import EscrowCore
import EscrowSpool
import Testing

/// The files are those of any DICOM archive, to other toolkits as well.
@Suite struct SpoolFileTests {
  /// SOP Class, SOP Instance and Patient ID, in Explicit VR Little Endian.
  private static let dataSet =
    element([8, 0, 0x16, 0], "UI", "1.2.840.10008.5.1.4.1.1.2\0") + element([8, 0, 0x18, 0], "UI", "1.2.3.4.5\0")
    + element([0x10, 0, 0x20, 0], "LO", "PATIENT1")

  private static func element(_ tag: [UInt8], _ vr: String, _ value: String) -> [UInt8] {
    tag + Array(vr.utf8) + [UInt8(value.utf8.count), 0] + Array(value.utf8)
  }

  @Test func otherToolkitsOpenThem() async throws {
    let temporary = try TemporarySpool()
    let file = try await temporary.write(Self.dataSet, as: .any())
    let path = temporary.path(of: file.id)
    let test = try Tool.run("dcmftest", path)
    #expect(test.status == 0, "\(test.output)")
    #expect(test.output.hasPrefix("yes:"))

    let dump = try Tool.run("dcmdump", "+P", "0002,0003", "+P", "0002,0010", "+P", "0002,0016", "+P", "0010,0020", path)
    #expect(dump.status == 0, "\(dump.output)")
    for value in ["[1.2.3.4.5]", "=LittleEndianExplicit", "[CT1]", "[PATIENT1]"] {
      #expect(dump.output.contains(value), "\(dump.output)")
    }
    #expect(!dump.output.contains("W:") && !dump.output.contains("E:"), "\(dump.output)")
  }

  /// Anybody can call themselves anything; what File Meta Information cannot hold is in the envelope only.
  @Test(arguments: [
    Source(callingAE: "", calledAE: "", address: "http", peer: nil, association: ""),
    Source(callingAE: "Schädel", calledAE: "A\\B", address: "fe80::1", peer: "p", association: "1"),
    Source(callingAE: "SIXTEEN-CHARS-AE", calledAE: "B", address: "10.0.0.1", peer: "a b", association: "long-one"),
  ])
  func everySourceIsKept(source: Source) async throws {
    let temporary = try TemporarySpool()
    let id = InstanceID.any()
    let writer = try temporary.spool.writer(
      id: id, sop: Spool.sampleSOP, transferSyntax: "1.2.840.10008.1.2.1", source: source,
      receivedAt: Spool.sampleTime, onDrained: {})
    append(Self.dataSet, to: writer)
    _ = try await writer.finish()
    #expect(try temporary.spool.open(id).record.source == source)
    #expect(try Tool.run("dcmftest", temporary.path(of: id)).status == 0)
  }

  @Test func textsAreCutAtTheBorderOfACharacterAndPeersNotAtAll() async throws {
    let temporary = try TemporarySpool()
    let id = InstanceID.any()
    let long = String(repeating: "ä", count: 200)
    let source = Source(
      callingAE: AETitle(long), calledAE: AETitle("x" + long), address: long, peer: PeerName(long), association: long)
    let writer = try temporary.spool.writer(
      id: id, sop: Spool.sampleSOP, transferSyntax: "1.2.840.10008.1.2.1", source: source,
      receivedAt: Spool.sampleTime, onDrained: {})
    _ = try await writer.finish()
    let kept = try temporary.spool.open(id).record.source
    #expect(kept.callingAE.rawValue == String(repeating: "ä", count: 24))
    #expect(kept.calledAE.rawValue == "x" + String(repeating: "ä", count: 23))
    #expect(kept.address == String(repeating: "ä", count: 31))
    #expect(kept.peer == nil)
  }

  /// Longer than the standard's 64 characters, and the header longer than what is read at once.
  @Test func brokenUIDsAreKeptAsReceived() async throws {
    let temporary = try TemporarySpool()
    let id = InstanceID.any()
    let sop = SOPInstance(classUID: UID(String(repeating: "1", count: 1024)), instanceUID: "1.02.03.not-one")
    let writer = try temporary.spool.writer(
      id: id, sop: sop, transferSyntax: UID(String(repeating: "2", count: 1023)), source: Spool.sampleSource,
      receivedAt: Spool.sampleTime, onDrained: {})
    append(Self.dataSet, to: writer)
    _ = try await writer.finish()
    let reader = try temporary.spool.open(id)
    #expect(reader.record.sop == sop)
    #expect(reader.record.transferSyntax.rawValue.count == 1023)
    #expect(reader.dataSetOffset > 2048)
    #expect(try reader.readToEnd() == Self.dataSet)
  }

  @Test func aUIDThatFitsNowhereIsRefused() throws {
    let temporary = try TemporarySpool()
    let sop = SOPInstance(classUID: "1.2", instanceUID: UID(String(repeating: "1", count: 70_000)))
    #expect(throws: SpoolError.self) {
      try temporary.spool.writer(
        id: .any(), sop: sop, transferSyntax: "1.2", source: Spool.sampleSource, receivedAt: Spool.sampleTime,
        onDrained: {})
    }
  }

  /// The value that `xxhsum -H2` prints, and libxxhash's own test vector for nothing.
  @Test func digestsAreCanonical() {
    #expect(Digest.of([]).description == "99aa06d3014798d86001c324468d497f")
    #expect(Digest.of(Array("abc".utf8)).description == "06b05ab6733a618578af5f94892f3950")
  }
}
