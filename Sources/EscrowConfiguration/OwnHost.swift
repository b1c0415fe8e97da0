package import EscrowCore
import Glibc

/// The names and addresses of this machine.
enum OwnHost {
  /// Whether a connection to `host` arrives at what listens on `bound`, as far as can be told without asking anybody.
  ///
  /// - Parameters:
  ///   - host: a name or an address.
  ///   - bound: the same, or `0.0.0.0` or `::` for every address of this machine.
  static func arrives(_ host: String, at bound: String) -> Bool {
    let host = named(host)
    return ["0.0.0.0", "::"].contains(bound) ? isHere(host) : host == named(bound)
  }

  private static func isHere(_ host: String) -> Bool {
    if host == ownName?.lowercased() { return true }
    guard let address = IPAddress(host) else { return false }
    return loopback.contains { $0.contains(address) } || addresses().contains(address)
  }

  private static let loopback = ["127.0.0.0/8", "::1/128"].compactMap(AddressRange.init)

  /// Alike for the same address or name, however it is written.
  private static func named(_ host: String) -> String {
    let name = host.lowercased()
    return name == "localhost" ? "127.0.0.1" : IPAddress(name)?.description ?? name
  }

  private static var ownName: String? {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Those of all network interfaces, as they are now.
  private static func addresses() -> Set<IPAddress> {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    let all = sequence(first: first) { $0?.pointee.ifa_next }.prefix { $0 != nil }
    return Set(all.compactMap { $0?.pointee.ifa_addr }.compactMap(address))
  }

  private static func address(_ socket: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
    let family = Int32(socket.pointee.sa_family)
    guard family == AF_INET || family == AF_INET6 else { return nil }
    let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(socket, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    return IPAddress(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
}

extension Settings {
  /// Whether a peer is this router, by its AE title or because it is where we listen: what it says of our instances is
  /// what we said.
  package func isOurselves(_ peer: Peer) -> Bool {
    if aeTitles.contains(peer.aeTitle) { return true }
    return peer.port == dicom.port && peer.host.map { OwnHost.arrives($0, at: dicom.host) } ?? false
  }
}
