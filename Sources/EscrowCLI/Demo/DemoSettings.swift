import EscrowConfiguration
import Foundation

/// The demo's configuration, written to files and read like anybody's.
enum DemoSettings {
  static func make(in folder: String) throws -> Settings {
    let archive = try freePort()
    try FileManager.default.createDirectory(atPath: folder + "/routes", withIntermediateDirectories: true)
    try """
    match: otherwise
    send:
      - { to: archive, proof: commitment }
    purge: { after: 0s }
    """.write(toFile: folder + "/routes/everything.yaml", atomically: true, encoding: .utf8)
    try """
    aeTitle: ESCROW
    dicom: { host: 127.0.0.1, port: \(try freePort()) }
    http: { host: 127.0.0.1, port: \(try freePort()) }
    spool: { path: spool, lowWatermark: 64MB, stopWatermark: 32MB }
    ledger: { path: escrow.db }
    study: { quiet: 2s }
    routes: { path: routes }
    builtInArchive: { port: \(archive) }
    unknownPeers: { allow: [echo, store] }
    peers:
      archive:
        aeTitle: ARCHIVE
        host: 127.0.0.1
        port: \(archive)
        allow: [echo, report]
        commitment: { quiet: 1s }
    """.write(toFile: folder + "/escrow.yaml", atomically: true, encoding: .utf8)
    return try ConfigurationLoader.load(file: folder + "/escrow.yaml", environment: [:]).settings
  }

  /// A port that nobody listens on at this moment.
  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(.no, "no socket: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw Failure(.no, "no free port on 127.0.0.1") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
