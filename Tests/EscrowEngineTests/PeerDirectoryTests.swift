import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import NIOConcurrencyHelpers
import Testing

@Suite struct PeerDirectoryTests {
  private static let archive = Peer(
    name: "archive", aeTitle: "ARCHIVE", host: "10.0.0.5", port: 104, allow: [.echo, .report],
    commitment: CommitmentIdentity(aeTitles: ["ARCHIVE", "ARCHIVE_SC"], addresses: ranges("10.0.0.5", "10.0.0.6")))
  private static let scanner = Peer(
    name: "ct1", aeTitle: "CT1", addresses: ranges("10.0.1.0/24"), allow: [.echo, .store])

  private static func ranges(_ texts: String...) -> [AddressRange] { texts.compactMap { AddressRange($0) } }

  private func directory(unknown: Set<PeerRight> = []) -> PeerDirectory {
    PeerDirectory(peers: ["archive": Self.archive, "ct1": Self.scanner], unknownPeers: unknown)
  }

  @Test func aPeerIsItsTitleAndItsAddress() {
    #expect(directory().caller("CT1", at: "10.0.1.77") == .peer(Self.scanner))
    #expect(directory().caller("CT1", at: "::ffff:10.0.1.77") == .peer(Self.scanner))
    #expect(directory().caller("CT1", at: "10.0.2.77") == .elsewhere("ct1"))
    #expect(directory().caller("ct1", at: "10.0.1.77") == .stranger)
  }

  @Test func withoutAddressesTheHostCounts() {
    #expect(directory().caller("ARCHIVE", at: "10.0.0.5") == .peer(Self.archive))
  }

  @Test(arguments: [
    ("ARCHIVE", "10.0.0.5", true), ("ARCHIVE_SC", "10.0.0.6", true), ("ARCHIVE_SC", "10.0.0.7", false),
    ("CT1", "10.0.1.77", false), ("EVIL", "10.0.0.5", false), ("ARCHIVE", "nonsense", false),
  ])
  func reportsComeFromTheCommitmentIdentityOnly(title: String, address: String, isHeard: Bool) {
    #expect(directory().reporters(AETitle(title), at: address) == (isHeard ? ["archive"] : []))
  }

  @Test func aTitleThatOnlyReportsMayAssociate() {
    let caller = directory().caller("ARCHIVE_SC", at: "10.0.0.6")
    #expect(caller == .reporter(["archive"]))
    #expect(directory().rights(of: caller) == [.echo, .report])
  }

  @Test func strangersGetWhatIsConfiguredAndNeverMoreThanEchoAndStore() {
    #expect(directory().rights(of: .stranger) == [])
    #expect(directory(unknown: [.echo, .store, .report]).rights(of: .stranger) == [.echo, .store])
    #expect(directory(unknown: [.echo, .store]).rights(of: .elsewhere("ct1")) == [])
  }

  @Test func aModalityNamedAtRunTimeTakesNothingAway() {
    let directory = directory(unknown: [.echo, .store])
    let scanner = Peer(name: "ct9", aeTitle: "CT9", host: "10.0.9.9", port: 104, allow: [.report])
    directory.add(scanner)
    #expect(directory.rights(of: directory.caller("CT9", at: "10.0.9.9")) == [.echo, .store, .report])
    #expect(directory.caller("CT9", at: "10.0.9.8") == .stranger)
    directory.add(Peer(name: "sc", aeTitle: "ARCHIVE_SC", host: "10.0.0.6", port: 104, allow: []))
    #expect(directory.caller("ARCHIVE_SC", at: "10.0.0.6") == .reporter(["archive"]))
  }

  @Test func theAddressesOfAModalityGoWithItsName() {
    let directory = directory()
    directory.add(Peer(name: "x", aeTitle: "X", host: "localhost", port: 104, allow: [.report]))
    directory.resolveHosts()
    #expect(directory.reporters("X", at: "127.0.0.1") == ["x"])
    directory.add(Peer(name: "x", aeTitle: "X", host: "x.invalid", port: 104, allow: [.report]))
    directory.resolveHosts()
    #expect(directory.reporters("X", at: "127.0.0.1").isEmpty)
  }

  @Test func namesAreResolved() {
    let local = Peer(name: "local", aeTitle: "LOCAL", host: "localhost", port: 104, allow: [.echo])
    let directory = PeerDirectory(peers: ["local": local], unknownPeers: [])
    #expect(directory.hasHostNames)
    directory.resolveHosts()
    #expect(directory.caller("LOCAL", at: "127.0.0.1") == .peer(local))
  }
}

extension PeerDirectory {
  /// By a configuration of only these.
  fileprivate convenience init(peers: [PeerName: Peer], unknownPeers: Set<PeerRight>) {
    var settings = Settings()
    settings.peers = peers
    settings.unknownPeers = unknownPeers
    self.init(NIOLockedValueBox(Rules(settings)))
  }
}
