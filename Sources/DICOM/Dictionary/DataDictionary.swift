/// The registry of data elements (PS3.6): keyword, tag and VR of every standard attribute.
///
/// The last digits of some old tags repeat (curves 50xx, overlays 60xx): any of them is found, and the keyword
/// stands for the first of its kind.
public enum DataDictionary {
  /// The tag that a keyword such as `PatientName` names.
  public static func tag(keyword: String) -> Tag? { registry.tags[keyword] }

  /// The keyword of a standard attribute.
  public static func keyword(of tag: Tag) -> String? { registry.entry(tag)?.keyword }

  /// The VR of a standard attribute, group length or private creator; the likelier one where it depends on others.
  public static func vr(of tag: Tag) -> VR? { vrs(of: tag).first }

  /// Every VR an attribute may have, the likeliest first; none for an unknown one.
  public static func vrs(of tag: Tag) -> [VR] {
    if let entry = registry.entry(tag) { return entry.vrs }
    if tag.element == 0 { return [.ul] }
    if tag.isPrivate, (0x0010...0x00FF).contains(tag.element) { return [.lo] }
    return []
  }

  /// All keywords, in no order: for suggestions.
  public static var keywords: [String] { Array(registry.tags.keys) }

  private static let registry = Registry(elementTable)
}

/// The parsed table.
private struct Registry: Sendable {
  struct Entry: Sendable {
    let vrs: [VR]
    let keyword: String
  }

  private(set) var tags: [String: Tag] = [:]
  private var entries: [Tag: Entry] = [:]
  /// Entries with repeating digits, by the mask of the digits that count.
  private var repeating: [UInt32: [Tag: Entry]] = [:]

  init(_ table: String) {
    let lines = table.split(separator: "\n")
    entries.reserveCapacity(lines.count)
    tags.reserveCapacity(lines.count)
    for line in lines { read(line) }
  }

  /// The entry of a tag. Odd groups belong to nobody's registry.
  func entry(_ tag: Tag) -> Entry? {
    if let entry = entries[tag] { return entry }
    guard !tag.isPrivate else { return nil }
    for (mask, entries) in repeating {
      if let entry = entries[Tag(rawValue: tag.rawValue & mask)] { return entry }
    }
    return nil
  }

  /// Reads `TTTTTTTT VR[/VR…] Keyword`.
  private mutating func read(_ line: Substring) {
    let fields = line.split(separator: " ")
    guard fields.count == 3, let tag = UInt32(fields[0].filled(with: "0"), radix: 16) else {
      preconditionFailure("a line of the table of data elements is malformed: \(line)")
    }
    let entry = Entry(vrs: fields[1].likeliestFirst, keyword: String(fields[2]))
    tags[entry.keyword] = Tag(rawValue: tag)
    if fields[0].contains("x") {
      repeating[fields[0].mask, default: [:]][Tag(rawValue: tag)] = entry
    } else {
      entries[Tag(rawValue: tag)] = entry
    }
  }
}

extension Substring {
  /// `50xx0005` with its repeating digits replaced.
  fileprivate func filled(with digit: Character) -> String { String(map { $0 == "x" ? digit : $0 }) }

  /// `FF00FFFF` for `50xx0005`.
  fileprivate var mask: UInt32 { UInt32(String(map { $0 == "x" ? "0" : "F" }), radix: 16) ?? .max }

  /// The VRs of `US/SS/OW`: where words are possible, they are what is usual (PS3.5 Annex A.1).
  fileprivate var likeliestFirst: [VR] {
    let vrs = split(separator: "/").compactMap { VR(rawValue: String($0)) }
    return vrs.contains(.ow) ? [.ow] + vrs.filter { $0 != .ow } : vrs
  }
}
