import DICOM
import EscrowCore
import Foundation

extension Format where Value == AETitle {
  /// PS3.8 §9.3.2.
  static var aeTitle: Format {
    Format("an AE title of 1 to 16 printable ASCII characters without a backslash") { text in
      let title = AETitle(text)
      return title.isValid ? title : nil
    }
  }
}

extension Format where Value == AddressRange {
  static var addresses: Format {
    Format("an IP address, or a range such as `10.0.0.0/24` or `fd00::/8`") { AddressRange($0) }
  }
}

extension Format where Value == String {
  /// A name or address to connect to or to listen on.
  static var host: Format {
    Format("a host name or an IP address") { text in
      if IPAddress(text) != nil { return text }
      let isName = text.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
          || (byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
      return isName && (1...253).contains(text.utf8.count) && text.first != "-" ? text : nil
    }
  }

  /// An address that only this machine reaches.
  static var loopbackHost: Format {
    Format("`127.0.0.1`, `::1` or `localhost`") { text throws(Misfit) in
      guard try host.parse(text) != nil else { return nil }
      let ranges = ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
      let address = IPAddress(text)
      if text == "localhost" || ranges.contains(where: { range in address.map(range.contains) ?? false }) {
        return text
      }
      throw Misfit("off loopback needs tokens and TLS, which is not supported yet; use `127.0.0.1` and a proxy")
    }
  }

  /// An absolute URL for requests, without credentials, which would end up in logs.
  static var requestURL: Format {
    Format("a URL such as `https://host/path`") { text throws(Misfit) in
      guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), let host = url.host,
        !host.isEmpty, scheme == "http" || scheme == "https"
      else { return nil }
      if url.user != nil || url.password != nil {
        throw Misfit("must not hold credentials; requests are signed instead")
      }
      if url.fragment != nil { throw Misfit("must not have a fragment (`#…`)") }
      return text
    }
  }

  /// A name of the IANA time zone database.
  static var timeZone: Format {
    Format("a time zone such as `Europe/Vienna` or `UTC`") { TimeZone(identifier: $0) == nil ? nil : $0 }
  }
}
