import CCurl
import EscrowCore
import Glibc

extension CurlTransfer {
  fileprivate static func at(_ context: UnsafeMutableRawPointer) -> CurlTransfer {
    Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// Keeps a part of the body; a count other than `bytes.count` makes libcurl end the transfer.
  fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    let room = bodyLimit - body.count
    body.append(contentsOf: bytes.prefix(room))
    isTruncated = bytes.count > room
    return min(bytes.count, room)
  }

  /// Counts the header's bytes, those of interim answers included, and ends a transfer that has too many: libcurl 7.88
  /// would keep them all.
  fileprivate func takeHeader(_ count: Int) -> Int {
    headerLength += count
    return hasLongHeader ? 0 : count
  }

  /// Opens a socket if the guard lets `address` through.
  fileprivate func open(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
    guard let ip = IPAddress(ccurl_socket_address(address)), admits(ip) else { return -1 }
    let target = address.pointee
    let socket = Glibc.socket(target.family, target.socktype | Int32(SOCK_CLOEXEC.rawValue), target.protocol)
    hasSocket = hasSocket || socket >= 0
    return socket
  }

  /// Whether the connection that the request is about to use, perhaps a kept one, leads to an allowed address.
  fileprivate func mayUse(_ text: String) -> Bool {
    if let ip = IPAddress(text), admits(ip) { return true }
    hasSocket = false
    return false
  }

  private func admits(_ ip: IPAddress) -> Bool {
    guard let refusal = addressGuard.refusal(of: ip) else { return true }
    self.refusal = refusal
    return false
  }
}

/// Bytes of the answer's body.
let takeBody: curl_write_callback = { bytes, size, count, context in
  guard let bytes, let context else { return 0 }
  return CurlTransfer.at(context).take(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

/// A line of the answer's header.
let takeHeader: curl_write_callback = { bytes, size, count, context in
  guard bytes != nil, let context else { return 0 }
  return CurlTransfer.at(context).takeHeader(size * count)
}

/// A new connection to a resolved address.
let openSocket: curl_opensocket_callback = { context, _, address in
  guard let context, let address else { return -1 }
  return CurlTransfer.at(context).open(address)
}

/// A connection, new or kept, right before the request goes out on it.
let checkConnection: curl_prereq_callback = { context, address, _, _, _ in
  guard let context, let address else { return CURL_PREREQFUNC_ABORT }
  return CurlTransfer.at(context).mayUse(String(cString: address)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

extension IPAddress {
  /// The address in a socket address of IPv4 or IPv6.
  init?(_ address: UnsafePointer<sockaddr>) {
    let isIPv4 = Int32(address.pointee.sa_family) == AF_INET
    let length = isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    self.init(text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" })
  }
}
