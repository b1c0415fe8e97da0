import Foundation

/// The base address of a server's API, as people name it.
enum ServerAddress {
  /// `text`, if requests can be made of it.
  ///
  /// - Parameter origin: who says so, such as `--server`.
  static func checked(_ text: String, from origin: String) throws(Failure) -> String {
    guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme?.lowercased()),
      parts.host?.isEmpty == false, parts.port.map({ (1...65535).contains($0) }) ?? true
    else {
      throw Failure(.usage, "\(origin) must be an address such as http://127.0.0.1:8042, not `\(text)`")
    }
    return text
  }
}
