import DICOM
import EscrowCore
import GRDB

/// How an instance is written to and read from its row.
enum InstanceRow {
  /// All that is read of an instance.
  static let columns = """
    \(firstColumns), i.patient_issuer, iif(i.legal_hold, (\(LegalHoldStatement.reasons)), NULL), i.gone_at
    """

  /// Those that the row had before the migration "3 resources", which reads it.
  static let firstColumns = """
    i.uuid, i.file, i.sop_class, i.sop_instance, i.transfer_syntax, i.patient_id, i.accession_number, i.study, \
    i.series, i.modality, i.study_date, i.calling_ae, i.called_ae, i.address, i.peer, i.association, i.received_at, \
    i.bytes, i.digest, i.state, i.reason, i.retention, i.settled_at, i.conflicted, i.recovered, i.pin, i.promise, \
    i.also_from, i.discarding
    """

  static func read(_ columns: inout Columns) throws -> Instance {
    var instance = try readFirst(&columns)
    instance.attributes.issuerOfPatientID = columns.optional()
    instance.legalHold = columns.optional()
    instance.goneAt = columns.optionalTime()
    return instance
  }

  /// Reads ``firstColumns``.
  static func readFirst(_ columns: inout Columns) throws -> Instance {
    let id: InstanceID = try columns.raw()
    let file: InstanceID = try columns.raw()
    let sop = try columns.sop()
    let transferSyntax: UID = try columns.raw()
    let attributes = InstanceAttributes(
      patientID: columns.optional(), accessionNumber: columns.optional(), studyInstanceUID: try columns.optionalRaw(),
      seriesInstanceUID: try columns.optionalRaw(), modality: columns.optional(), studyDate: columns.optional())
    let source = Source(
      callingAE: try columns.raw(), calledAE: try columns.raw(), address: columns.next(),
      peer: try columns.optionalRaw(), association: columns.next())
    let receivedAt: Timestamp = columns.time()
    let bytes: Int64 = columns.next()
    let digest = try columns.digest()
    return Instance(
      id: id, sop: sop, transferSyntax: transferSyntax, attributes: attributes, source: source,
      receivedAt: receivedAt, dataSetLength: bytes, digest: digest, file: file, state: try columns.raw(),
      reason: columns.optional(), retention: Retention(stored: columns.optional()), settledAt: columns.optionalTime(),
      conflicted: columns.next(), recovered: columns.next(), pin: columns.optional(),
      promise: columns.optional(), alsoFrom: columns.lines().map { PeerName($0) }, discarding: columns.next())
  }

  static let insertion = """
    INSERT INTO instance (uuid, file, sop_class, sop_instance, transfer_syntax, patient_id, accession_number, study,
      series, modality, study_date, calling_ae, called_ae, address, peer, association, received_at, bytes, digest,
      state, reason, retention, settled_at, conflicted, recovered, pin, wave, patient_issuer, promise, also_from,
      discarding, gone_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// Writes a new instance, which has no deliveries yet; returns its number.
  static func insert(_ instance: Instance, wave: Int64, in db: Database) throws -> Int64 {
    let attributes = instance.attributes
    let source = instance.source
    try db.run(
      insertion, instance.id.rawValue, instance.file.rawValue, instance.sop.classUID.rawValue,
      instance.sop.instanceUID.rawValue, instance.transferSyntax.rawValue, attributes.patientID,
      attributes.accessionNumber, attributes.studyInstanceUID?.rawValue, attributes.seriesInstanceUID?.rawValue,
      attributes.modality, attributes.studyDate, source.callingAE.rawValue, source.calledAE.rawValue, source.address,
      source.peer?.rawValue, source.association, instance.receivedAt.microseconds, instance.dataSetLength,
      instance.digest.description, instance.state.rawValue, instance.reason, instance.retention.stored,
      instance.settledAt.stored, instance.conflicted, instance.recovered, instance.pin, wave,
      attributes.issuerOfPatientID, instance.promise, joined(instance.alsoFrom), instance.discarding,
      instance.goneAt.stored)
    return db.lastInsertedRowID
  }

  /// Writes what has changed of an instance since it was `before`: its own state, and what its deliveries mean for it;
  /// when it may be purged in any case.
  static func update(_ row: Int64, to now: Consignment, over before: Consignment, in db: Database) throws {
    let (old, new) = (before.instance, now.instance)
    let (stood, stands) = (before.standing, now.standing)
    var changes = ColumnChanges()
    changes.note("file", old.file, new.file) { $0.rawValue }
    changes.note("state", old.state, new.state) { $0.rawValue }
    changes.note("reason", old.reason, new.reason)
    changes.note("retention", old.retention, new.retention) { $0.stored }
    changes.note("settled_at", old.settledAt, new.settledAt) { $0.stored }
    changes.note("conflicted", old.conflicted, new.conflicted)
    changes.note("pin", old.pin, new.pin)
    changes.note("promise", old.promise, new.promise)
    changes.note("also_from", old.alsoFrom, new.alsoFrom, stored: joined)
    changes.note("discarding", old.discarding, new.discarding)
    changes.note("gone_at", old.goneAt, new.goneAt) { $0.stored }
    changes.set("purge_at", PurgeGuard.dueWithoutLegalHold(now).stored)
    changes.note("stored", stood.isStored, stands.isStored)
    changes.note("committed", stood.isCommitted, stands.isCommitted)
    changes.note("failed", stood.hasFailed, stands.hasFailed)
    try changes.apply(to: "instance", row: row, in: db)
  }

  private static func joined(_ names: [PeerName]) -> String { names.map(\.rawValue).joined(separator: "\n") }
}

extension Retention {
  /// Microseconds; NULL is never.
  var stored: Int64? {
    switch self {
    case .after(let duration): duration.microseconds
    case .never: nil
    }
  }

  init(stored: Int64?) { self = stored.map { .after(.microseconds($0)) } ?? .never }
}
