import DICOM
import EscrowCore

/// The instances of one study in series, with the names that their files get in a file-set (PS3.10 §8.2).
struct SeriesOrder: Sendable {
  private struct Series {
    /// Of its first instance.
    var dataSet: DataSet
    var members: [(instance: Instance, record: DirectoryRecord)] = []
  }

  /// In the order of their first instance.
  private var series: [Series] = []
  private var indexes: [UID?: Int] = [:]

  mutating func add(_ instance: Instance, _ dataSet: DataSet) {
    let key = instance.attributes.seriesInstanceUID
    let index = indexes[key] ?? series.count
    if index == series.count { series.append(Series(dataSet: dataSet)) }
    indexes[key] = index
    let position = series[index].members.count
    let file = DirectoryRecord.ReferencedFile(
      id: Self.fileID(index, position), sop: instance.sop, transferSyntax: TransferSyntax(instance.transferSyntax))
    series[index].members.append((instance, .instance(dataSet, number: position + 1, file: file)))
  }

  /// The files with their names in the file-set.
  var files: [(path: String, instance: Instance)] {
    series.enumerated().flatMap { index, series in
      series.members.enumerated().map { position, member in
        (path: Self.fileID(index, position).joined(separator: "/"), instance: member.instance)
      }
    }
  }

  /// The file DICOMDIR.
  var directory: [UInt8] {
    let records = series.enumerated().map { index, series in
      DirectoryRecord.series(series.dataSet, number: index + 1, children: series.members.map(\.record))
    }
    let patients = series.first.map { first in
      [DirectoryRecord.patient(first.dataSet, children: [.study(first.dataSet, children: records)])]
    }
    let sop = SOPInstance(classUID: MediaDirectory.sopClassUID, instanceUID: .newTransaction())
    return MediaDirectory(records: patients ?? []).encoded(
      FileMeta(
        sopInstance: sop, transferSyntax: .explicitLittleEndian,
        implementationClassUID: Software.implementationClassUID,
        implementationVersionName: Software.implementationVersionName))
  }

  private static func fileID(_ series: Int, _ position: Int) -> [String] {
    ["DICOM", name("SE", series + 1), name("IM", position + 1)]
  }

  private static func name(_ prefix: String, _ number: Int) -> String {
    let digits = String(number)
    return prefix + String(repeating: "0", count: max(6 - digits.count, 0)) + digits
  }
}
