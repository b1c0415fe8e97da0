public import NIOCore

/// Where the other side of an association is, and what it has proved about itself.
public struct RemoteEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// The numeric IP address, without a zone; an IPv4 address mapped into IPv6 is given as IPv4.
  public var address: String
  /// The TCP port; 0 when unknown.
  public var port: Int
  /// The SHA-256 fingerprint of the client or server certificate in lower-case hexadecimal; nil without TLS.
  public var certificate: String?

  public init(address: String, port: Int, certificate: String? = nil) {
    self.address = address
    self.port = port
    self.certificate = certificate
  }

  /// The endpoint of a socket; an unknown one has an empty address.
  public init(_ address: SocketAddress?) {
    let text = address?.ipAddress ?? ""
    let mapped = "::ffff:"
    let isMapped = text.lowercased().hasPrefix(mapped) && text.contains(".")
    let plain = isMapped ? text.dropFirst(mapped.count) : text.prefix { $0 != "%" }
    self.init(address: String(plain), port: address?.port ?? 0)
  }

  /// `10.0.0.7:104` or `[2001:db8::7]:104`.
  public var description: String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
