import EscrowCore

/// What the files and directories of a spool are called. Nothing from the network is ever part of a name.
enum SpoolNames {
  static let orphans = "orphans"
  static let lock = "spool.lock"
  static let identity = "spool.id"
  static let newIdentity = "spool.id.new"
  static let ballast = "spool.ballast"

  /// `00` to `ff`.
  static let shards: [String] = (0..<256).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }

  /// Everything that belongs in the spool's own directory.
  static let root: Set<String> = Set(shards + [orphans, lock, identity, newIdentity, ballast])

  /// Where the file of `id` is.
  /// - Throws: ``SpoolError/malformedName(_:)`` unless the id is a UUID in canonical form.
  static func place(of id: InstanceID) throws -> (shard: String, file: String) {
    guard id.isWellFormed else { throw SpoolError.malformedName(id.rawValue) }
    return (String(id.rawValue.suffix(2)), "\(id.rawValue).dcm")
  }

  /// The id that a file's name stands for; nil if no spool file is called so.
  static func id(of file: String) -> InstanceID? {
    guard file.hasSuffix(".dcm") else { return nil }
    let id = InstanceID(rawValue: String(Substring(file.utf8.dropLast(4))))
    return id.isWellFormed ? id : nil
  }
}
