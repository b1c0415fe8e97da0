package import DICOM

/// The part of a ledger that shows what is here as a tree of patients, studies, series and instances. Instances whose
/// copy is gone, or going, are not in it; of two with the same identifiers the newest is.
package protocol ResourceLedger: Sendable {
  /// The names at a level, in the order in which the first instance of each came; only those in `parent` if given.
  func resources(_ level: ResourceLevel, in parent: Resource?, offset: Int, limit: Int) async throws -> [ResourceID]

  /// What belongs to a resource, in the order of admission; none when there is no such resource.
  func instances(of resource: Resource) async throws -> [Instance]

  func countResources() async throws -> ResourceCounts

  /// The resources that have `text` as PatientID or as one of their UIDs.
  func lookup(_ text: String) async throws -> [Resource]

  /// Lets copies go that are safe elsewhere, whatever their retention, or none of them. Returns what stands against it,
  /// by instance.
  ///
  /// Of very many some may have gone already when something comes to stand against another in that moment.
  ///
  /// - Parameter transaction: for instances that no route sent anywhere: the API's own transaction in whose report they
  ///   are committed.
  func remove(
    _ instances: [InstanceID], provedBy transaction: UID?, actor: String, now: Timestamp
  ) async throws -> [InstanceID: String]
}

/// How many resources there are.
package struct ResourceCounts: Sendable, Equatable {
  package var patients = 0
  package var studies = 0
  package var series = 0
  package var instances = 0
  /// Of their data sets.
  package var bytes: Int64 = 0

  package init(patients: Int = 0, studies: Int = 0, series: Int = 0, instances: Int = 0, bytes: Int64 = 0) {
    self.patients = patients
    self.studies = studies
    self.series = series
    self.instances = instances
    self.bytes = bytes
  }
}
