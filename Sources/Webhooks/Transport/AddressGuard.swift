package import EscrowCore

/// Decides whether a resolved address may be connected to, so that a URL cannot reach this machine's own services,
/// its neighbours on the link, or a cloud's metadata.
///
/// Private networks are let through, for that is where hospitals' receivers are.
package struct AddressGuard: Sendable, Equatable {
  /// Whose list it is, for the error's text, e.g. `webhook ops`.
  package var owner: String
  /// Ranges that are allowed besides what is not refused anyway; the list adds, it does not restrict.
  package var allowed: [AddressRange]

  package init(owner: String, allowed: [AddressRange] = []) {
    self.owner = owner
    self.allowed = allowed
  }

  /// Loopback, unspecified, link-local, multicast, reserved with broadcast, and the metadata services of clouds.
  package static let refused: [AddressRange] = [
    "127.0.0.0/8", "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
    "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
    "::1/128", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128",
  ].compactMap(AddressRange.init)

  /// Why `address` may not be connected to; nil when it may.
  package func refusal(of address: IPAddress) -> WebhookError? {
    for candidate in [address] + Self.embedded(in: address) {
      guard let range = Self.refused.first(where: { $0.contains(candidate) }) else { continue }
      guard !allowed.contains(where: { $0.contains(candidate) || $0.contains(address) }) else { continue }
      return .refusedAddress(address, range: range, owner: owner)
    }
    return nil
  }

  /// The IPv4 addresses that an IPv6 one may stand for: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380),
  /// IPv4-translated (RFC 2765), IPv4-compatible. IPv4-mapped addresses already are IPv4 ones as ``IPAddress``.
  private static func embedded(in address: IPAddress) -> [IPAddress] {
    let bytes = address.bytes
    guard bytes.count == 16 else { return [] }
    let last = bytes[12...]
    let found: [[UInt8]] =
      if bytes.starts(with: [0x20, 0x02]) {
        [Array(bytes[2..<6])]
      } else if bytes.starts(with: [0x20, 0x01, 0, 0]) {
        // Server and client, the latter with its bits inverted.
        [Array(bytes[4..<8]), last.map { ~$0 }]
      } else if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0, 1]) {
        ofLocalNAT64(bytes)
      } else if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B]) || isTranslatedOrCompatible(bytes) {
        [Array(last)]
      } else {
        []
      }
    return found.compactMap { IPAddress($0.map(String.init).joined(separator: ".")) }
  }

  /// In 64:ff9b:1::/48 the address follows a prefix of 48 bits, the ninth byte left out, or a longer one that an operator
  /// chose, at the end; what is not used is zero.
  private static func ofLocalNAT64(_ bytes: [UInt8]) -> [[UInt8]] {
    let both = [Array(bytes[6..<8] + bytes[9..<11]), Array(bytes[12...])]
    let used = both.filter { $0 != [0, 0, 0, 0] }
    return used.isEmpty ? both : used
  }

  /// `::ffff:0:a.b.c.d` or `::a.b.c.d`
  private static func isTranslatedOrCompatible(_ bytes: [UInt8]) -> Bool {
    guard bytes[..<8].allSatisfy({ $0 == 0 }) else { return false }
    return bytes[8..<12].elementsEqual([0xFF, 0xFF, 0, 0]) || bytes[8..<12].allSatisfy { $0 == 0 }
  }
}
