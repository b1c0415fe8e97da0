import DICOM
import EscrowCore
import Foundation
import Testing

@testable import EscrowConfiguration

/// A peer written into the text of a configuration.
@Suite struct NewSenderTests {
  private static let line = "ct9: { aeTitle: CT9, addresses: [10.0.0.9], allow: [echo, store] }"
  private static let other = "ct1: { aeTitle: CT1, addresses: [10.0.0.1], allow: [echo] }"

  private func sender(_ title: String = "CT9", at address: String = "10.0.0.9") throws -> NewSender {
    let aeTitle = AETitle(title)
    return NewSender(NewSender.name(for: aeTitle), aeTitle: aeTitle, address: try #require(IPAddress(address)))
  }

  /// The text with the sender, and what the router then reads.
  private func added(_ sender: NewSender, to text: String) throws -> (text: String, settings: Settings) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "escrow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "escrow.yaml").path
    try Data(text.utf8).write(to: URL(filePath: file))
    let changed = try ConfigurationLoader.text(of: file, with: sender, environment: [:])
    try Data(changed.utf8).write(to: URL(filePath: file))
    return (changed, try ConfigurationLoader.load(file: file, environment: [:]).settings)
  }

  @Test(arguments: [
    // Below the key, as far in as those that are there; comments stay.
    (
      "peers: # all\n    # modalities\n    \(other)\nlog: { level: info }\n",
      "peers: # all\n    \(line)\n    # modalities\n    \(other)\nlog: { level: info }\n"
    ),
    ("peers:\n  \(other)", "peers:\n  \(line)\n  \(other)"),
    ("peers: { \(other) }\n", "peers: { \(line), \(other) }\n"),
    ("peers: {}\n", "peers: { \(line) }\n"),
    ("peers: {\(other)}\n", "peers: { \(line), \(other)}\n"),
    ("peers: {\n  \(other)\n}\n", "peers: { \(line),\n  \(other)\n}\n"),
    ("log: { level: info }\n", "log: { level: info }\n\npeers:\n  \(line)\n"),
    ("log: { level: info }", "log: { level: info }\n\npeers:\n  \(line)\n"),
    (
      "log: { level: info }\r\npeers:\r\n  \(other)\r\n",
      "log: { level: info }\r\npeers:\r\n  \(line)\r\n  \(other)\r\n"
    ),
    ("\u{FEFF}peers:\n  \(other)\n", "\u{FEFF}peers:\n  \(line)\n  \(other)\n"),
    ("\"peers\":\n  \(other)\n", "\"peers\":\n  \(line)\n  \(other)\n"),
  ])
  func everythingElseStaysAsItIs(before: String, after: String) throws {
    let (text, settings) = try added(sender(), to: before)
    #expect(text == after)
    let peer = try #require(settings.peers["ct9"])
    #expect(peer.aeTitle == "CT9" && peer.allow == [.echo, .store])
    #expect(peer.addresses == [try #require(AddressRange("10.0.0.9"))])
  }

  @Test(arguments: [
    ("CT 9", "fd00::9"), ("a\"b'#:", "10.0.0.9"), ("NO", "10.0.0.9"), ("1.5", "10.0.0.9"), ("-", "::1"),
  ])
  func everyValidTitleIsReadBack(title: String, address: String) throws {
    let settings = try added(sender(title, at: address), to: "peers:\n  \(Self.other)\n").settings
    let peer = try #require(settings.peers.values.first { $0.aeTitle == AETitle(title) })
    #expect(peer.addresses == [try #require(AddressRange(address))])
  }

  @Test(arguments: [
    (
      "peers:\n  ct9: { aeTitle: OLD, addresses: [10.0.0.2], allow: [echo] }\n",
      "2:3: error: peer `ct9` is here already"
    ),
    ("peers:\n  old: { aeTitle: CT9, addresses: [10.0.0.0/24], allow: [echo] }\n", "share addresses"),
    ("peers:\n  old: { aeTitle: CT9, host: archive.example, port: 104, allow: [echo] }\n", "give both `addresses`"),
    ("? peers\n: {}\nx: [", "not YAML"),
    ("peers: [a]\n", "write this line below `peers` yourself: \(line)"),
    ("? peers\n:\n  \(other)\n", "write this line below `peers` yourself: \(line)"),
  ])
  func whatWouldBeWrongIsSaidAndNothingChanges(before: String, problem: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try added(sender(), to: before) }
    #expect(error?.description.contains(problem) ?? false, "\(error?.description ?? "-")")
  }

  @Test func whatIsWrongAlreadyIsNoObstacle() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "escrow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "escrow.yaml").path
    let webhook = "webhooks: { a: { url: \"https://a.example\", secret: \"${NOT_SET_HERE}\", events: [\"*\"] } }\n"
    try Data((webhook + "peers:\n  \(Self.other)\n").utf8).write(to: URL(filePath: file))
    let changed = try ConfigurationLoader.text(of: file, with: sender(), environment: [:])
    #expect(changed == webhook + "peers:\n  \(Self.line)\n  \(Self.other)\n")
  }
}
