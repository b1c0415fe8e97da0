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
    for candidate in [address, Self.embedded(in: address)].compactMap({ $0 }) {
      guard let range = Self.refused.first(where: { $0.contains(candidate) }) else { continue }
      guard !allowed.contains(where: { $0.contains(candidate) || $0.contains(address) }) else { continue }
      return .refusedAddress(address, range: range, owner: owner)
    }
    return nil
  }

  /// The IPv4 address that an IPv6 one stands for: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), IPv4-compatible.
  /// IPv4-mapped addresses already are IPv4 ones as ``IPAddress``.
  private static func embedded(in address: IPAddress) -> IPAddress? {
    let bytes = address.bytes
    guard bytes.count == 16 else { return nil }
    if bytes.starts(with: [0x20, 0x02]) { return ipv4(bytes[2..<6]) }
    let isNAT64 = bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B])
    let isCompatible = bytes[..<12].allSatisfy { $0 == 0 }
    return isNAT64 || isCompatible ? ipv4(bytes[12...]) : nil
  }

  private static func ipv4(_ bytes: ArraySlice<UInt8>) -> IPAddress? {
    IPAddress(bytes.map(String.init).joined(separator: "."))
  }
}
