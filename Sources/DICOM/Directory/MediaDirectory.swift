/// A DICOMDIR: the directory of a file-set (PS3.3 Annex F, PS3.10 §8.6).
public struct MediaDirectory: Hashable, Sendable {
  /// Media Storage Directory Storage.
  public static let sopClassUID: UID = "1.2.840.10008.1.3.10"

  /// The records of the first level: patients.
  public var records: [DirectoryRecord]
  /// (0004,1130); nil for none.
  public var fileSetID: String?

  public init(records: [DirectoryRecord], fileSetID: String? = nil) {
    self.records = records
    self.fileSetID = fileSetID
  }

  /// The whole file, in Explicit VR Little Endian. The size is linear in the number of records.
  ///
  /// - Parameter meta: of the class ``sopClassUID``.
  public func encoded(_ meta: FileMeta) -> [UInt8] {
    let head = meta.encoded().bytes
    let entries = Entry.list(records)
    let fixed = DataSet(elements(first: 0, last: 0)).encoded(as: .explicitLittleEndian)
    let starts = Self.starts(of: entries, from: head.count + fixed.count + Self.sequenceHeader)
    let items = entries.map { entry in
      entry.record.item(
        next: entry.next.map { starts[$0] } ?? 0, lower: entry.firstChild.map { starts[$0] } ?? 0)
    }
    let roots = entries.indices.filter { entries[$0].isRoot }
    var body = elements(first: roots.first.map { starts[$0] } ?? 0, last: roots.last.map { starts[$0] } ?? 0)
    body.append(DataElement(.directoryRecordSequence, items: items))
    return head + DataSet(body).encoded(as: .explicitLittleEndian)
  }

  /// Tag, VR, reserved bytes and length of a sequence (PS3.5 §7.1.2); tag and length of an item.
  private static let (sequenceHeader, itemHeader) = (12, 8)

  /// All but the records. A file-set is consistent: File-set Consistency Flag is 0.
  private func elements(first: UInt32, last: UInt32) -> [DataElement] {
    [
      DataElement(.fileSetID, .cs, text: fileSetID ?? ""), DataElement(.offsetOfFirstRecord, unsignedLong: first),
      DataElement(.offsetOfLastRecord, unsignedLong: last), DataElement(.fileSetConsistencyFlag, unsignedShort: 0),
    ]
  }

  /// Where in the file each record's item begins.
  private static func starts(of entries: [Entry], from start: Int) -> [UInt32] {
    var position = start
    return entries.map { entry in
      defer { position += itemHeader + entry.record.item(next: 0, lower: 0).encoded(as: .explicitLittleEndian).count }
      return UInt32(position)
    }
  }

  /// A record in the order of the file, each before what belongs to it.
  private struct Entry {
    var record: DirectoryRecord
    var isRoot: Bool
    /// The index of the next one of its level and parent.
    var next: Int?
    var firstChild: Int?

    static func list(_ records: [DirectoryRecord]) -> [Entry] {
      var entries: [Entry] = []
      append(records, isRoot: true, to: &entries)
      return entries
    }

    private static func append(_ records: [DirectoryRecord], isRoot: Bool, to entries: inout [Entry]) {
      var previous: Int?
      for record in records {
        let index = entries.count
        if let previous { entries[previous].next = index }
        previous = index
        entries.append(Entry(record: record, isRoot: isRoot))
        if !record.children.isEmpty { entries[index].firstChild = index + 1 }
        append(record.children, isRoot: false, to: &entries)
      }
    }
  }
}
