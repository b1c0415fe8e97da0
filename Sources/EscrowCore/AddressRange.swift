import Glibc

/// An IPv4 or IPv6 address as its bytes; IPv4-mapped IPv6 addresses are IPv4 ones.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16 bytes in network order.
  package let bytes: [UInt8]

  package init?(_ text: String) {
    let bare = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? text
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, bare, &four) == 1 {
      bytes = withUnsafeBytes(of: &four) { Array($0) }
    } else if inet_pton(AF_INET6, bare, &six) == 1 {
      let all = withUnsafeBytes(of: &six) { Array($0) }
      let mapped = all[0..<10].allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
      bytes = mapped ? Array(all[12...]) : all
    } else {
      return nil
    }
  }

  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Addresses that share a prefix: `10.0.0.0/24`, `fd00::/8`, or a single address.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
  package let base: IPAddress
  package let prefixLength: Int

  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let base = IPAddress(String(parts[0])) else { return nil }
    let longest = base.bytes.count * 8
    guard let length = parts.count == 2 ? Int(parts[1]) : longest, (0...longest).contains(length),
      parts.count == 1 || parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    self.base = base
    prefixLength = length
  }

  package func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == base.bytes.count else { return false }
    for (index, (left, right)) in zip(base.bytes, address.bytes).enumerated() {
      let bits = min(8, max(0, prefixLength - index * 8))
      let mask = bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
      if left & mask != right & mask { return false }
    }
    return true
  }

  /// Whether any address is in both.
  package func overlaps(_ other: AddressRange) -> Bool {
    prefixLength <= other.prefixLength ? contains(other.base) : other.contains(base)
  }

  package var description: String { "\(base)/\(prefixLength)" }
}
