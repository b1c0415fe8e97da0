package import DICOM
package import EscrowCore
import EscrowSpool

/// The copies of a study as a file-set with a DICOMDIR (PS3.10 §8), to be carried elsewhere. They stay in the spool.
package struct StudyExport: Sendable {
  private let study: UID
  private let context: EngineContext

  package init(of study: UID, context: EngineContext) {
    self.study = study
    self.context = context
  }

  /// What is to be carried: every file was read once and is what was received.
  package struct FileSet: Sendable {
    /// Relative to the file-set's folder, with the File IDs that the directory names.
    package var files: [(path: String, instance: Instance)]
    /// The file `DICOMDIR`.
    package var directory: [UInt8]
    /// What of the study is not in it, and why.
    package var leftOut: [String]
  }

  /// Reads every copy; nil when nothing of the study is on record.
  package func fileSet() async throws -> FileSet? {
    let instances = try await instances()
    guard !instances.isEmpty else { return nil }
    var leftOut: [String] = []
    var series = SeriesOrder()
    for (position, instance) in instances.enumerated() {
      if let reason = Self.obstacle(instance, later: instances[(position + 1)...]) {
        leftOut.append("\(instance.sop.instanceUID): \(reason)")
        continue
      }
      do {
        let dataSet = try await context.pool.runIfActive { try StoredInstance(instance, in: context).verified() }
        series.add(instance, dataSet)
      } catch let error as SpoolError {
        leftOut.append("\(instance.sop.instanceUID): \(error)")
      }
    }
    return FileSet(files: series.files, directory: series.directory, leftOut: leftOut)
  }

  /// A file of the set, to be read once more.
  package func file(of instance: Instance) async throws -> StoredFile {
    try await context.pool.runIfActive { try StoredInstance(instance, in: context).file() }
  }

  /// Says on record that the study was exported.
  package func note(_ files: Int, actor: String) async throws {
    try await context.ledger.tell(
      EscrowEvent(
        .operatorAction, at: context.clock.now(), studyInstanceUID: study, instances: files, reason: "exported",
        actor: actor))
  }

  private func instances() async throws -> [Instance] {
    var found: [Instance] = []
    var page = PageRequest(limit: 1000)
    repeat {
      let part = try await context.ledger.instances(InstanceFilter(studyInstanceUID: study), page: page)
      found += part.items.map(\.instance)
      page.cursor = part.next
    } while page.cursor != nil
    return found
  }

  /// Why an instance is not exported; of two with the same UID the latest that is here is.
  private static func obstacle(_ instance: Instance, later: ArraySlice<Instance>) -> String? {
    if later.contains(where: { $0.sop.instanceUID == instance.sop.instanceUID && $0.state.hasFile }) {
      return instance.state.hasFile ? "a later content of it is exported instead (\(instance.id) is left out)" : nil
    }
    return instance.state.hasFile ? nil : "its copy is \(instance.state)" + (instance.reason.map { ": \($0)" } ?? "")
  }
}

extension StoredInstance {
  /// What the directory says of it, after all of its bytes were found to be as received. Blocks; throws ``SpoolError``.
  func verified() throws -> DataSet {
    let file = try file()
    while try file.next() != nil {}
    // What cannot be read as a data set is exported all the same, with what the ledger knows of it.
    return (try? dataSet()) ?? recorded
  }

  private var recorded: DataSet {
    let attributes = instance.attributes
    let texts: [(Tag, VR, String?)] = [
      (.patientID, .lo, attributes.patientID), (.accessionNumber, .sh, attributes.accessionNumber),
      (.studyInstanceUID, .ui, attributes.studyInstanceUID?.rawValue),
      (.seriesInstanceUID, .ui, attributes.seriesInstanceUID?.rawValue), (.modality, .cs, attributes.modality),
      (.studyDate, .da, attributes.studyDate),
    ]
    return DataSet(texts.compactMap { tag, vr, text in text.map { DataElement(tag, vr, text: $0) } })
  }
}
