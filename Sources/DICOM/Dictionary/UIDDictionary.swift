/// The registry of UIDs (PS3.6 Annex A): keyword and name of SOP classes, transfer syntaxes and well-known instances.
public enum UIDDictionary {
  /// What a registered UID names.
  public enum Kind: String, Sendable {
    case transferSyntax, sopClass, metaSOPClass, serviceClass, instance, applicationContext
  }

  /// One line of the registry.
  public struct Entry: Sendable {
    public let uid: UID
    public let kind: Kind
    /// PS3.6's keyword, such as `CTImageStorage`.
    public let keyword: String
    /// PS3.6's name, such as `CT Image Storage`.
    public let name: String
  }

  /// What is registered for a UID.
  public static func entry(of uid: UID) -> Entry? { registry.byUID[uid] }

  /// What is registered under a keyword.
  public static func entry(keyword: String) -> Entry? { registry.byKeyword[keyword] }

  /// Every entry, ordered by UID.
  public static var entries: [Entry] { registry.entries }

  private static let registry = Registry()

  private struct Registry: Sendable {
    let entries = uidTable.split(separator: "\n").map(UIDDictionary.read)
    let byUID: [UID: Entry]
    let byKeyword: [String: Entry]

    init() {
      byUID = Dictionary(entries.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
      byKeyword = Dictionary(entries.map { ($0.keyword, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// Reads `UID kind Keyword Name of any length`.
  private static func read(_ line: Substring) -> Entry {
    let fields = line.split(separator: " ", maxSplits: 3)
    guard fields.count == 4, let kind = Kind(rawValue: String(fields[1])) else {
      preconditionFailure("a line of the table of UIDs is malformed: \(line)")
    }
    return Entry(uid: UID(String(fields[0])), kind: kind, keyword: String(fields[2]), name: String(fields[3]))
  }
}
