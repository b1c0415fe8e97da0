import DICOM
import EscrowCore
import GRDB

/// The queries that find what is due to be asked for at a destination, by indexes that hold nothing else.
enum DueAsks {
  /// A delivery that is due, with what is asked for.
  struct Delivery {
    var delivery: EscrowCore.Delivery
    var sop: SOPInstance
    /// Nil when the study is not known.
    var study: UID?
  }

  private static func askable(_ table: String) -> String {
    "\(table).destination = ?1 AND \(table).state = 'sent' AND \(table).proof = 'commitment' AND \(table).hold_by IS NULL"
  }

  /// The fresh delivery that was sent first.
  static let firstSent = """
    SELECT d.sent_at, d.study FROM delivery d INDEXED BY delivery_fresh
    WHERE \(askable("d")) AND d.not_before IS NULL ORDER BY d.sent_at, d.id LIMIT 1
    """

  /// The study that has been quiet longest, perhaps without anything fresh any more.
  static let quietest = "SELECT last_sent, study FROM quiet WHERE destination = ?1 ORDER BY last_sent, study LIMIT 1"

  /// Whether a study (?2) has anything fresh.
  static let hasFresh = """
    SELECT 1 FROM delivery d INDEXED BY delivery_askable
    WHERE \(askable("d")) AND d.study = ?2 AND d.not_before IS NULL LIMIT 1
    """

  static let firstAgain = again(order: "d.not_before, d.id")
  static let lastAgain = again(order: "d.not_before DESC, d.id DESC")

  private static func again(order: String) -> String {
    """
    SELECT d.not_before, d.study FROM delivery d INDEXED BY delivery_again
    WHERE \(askable("d")) AND d.not_before IS NOT NULL ORDER BY \(order) LIMIT 1
    """
  }

  static func moment(_ query: String, at destination: PeerName, in db: Database) throws -> AskingClock.Moment? {
    try db.first(query, destination.rawValue) { AskingClock.Moment(at: $0.time(), study: try $0.raw()) }
  }

  /// The first ?3 fresh deliveries of a study (?2).
  static let ofFresh = ofStudy("d.not_before IS NULL", order: "d.id")
  /// The first ?3 of a study's whose wait is over at ?4.
  static let ofAgain = ofStudy("d.not_before <= ?4", order: "d.not_before, d.id")
  /// The first ?3 of a study's that wait beyond ?4, longer than any wait.
  static let ofBeyond = ofStudy("d.not_before > ?4", order: "d.not_before, d.id")

  private static func ofStudy(_ condition: String, order: String) -> String {
    """
    SELECT \(DeliveryRow.columns), i.sop_class, i.sop_instance, i.study
    FROM delivery d INDEXED BY delivery_askable CROSS JOIN instance i ON i.id = d.instance
    WHERE \(askable("d")) AND d.study = ?2 AND \(condition) ORDER BY \(order) LIMIT ?3
    """
  }

  static func fresh(
    _ study: UID, at destination: PeerName, clock: AskingClock, in db: Database
  ) throws -> [Delivery] {
    try db.rows(ofFresh, destination.rawValue, study.rawValue, clock.policy.maxReferences, read: read)
  }

  static func again(
    _ study: UID, at destination: PeerName, clock: AskingClock, in db: Database
  ) throws -> [Delivery] {
    let limit = clock.policy.maxReferences
    let beyond = clock.now + Waiting.longest(asking: clock.policy)
    return try db.rows(
      ofAgain, destination.rawValue, study.rawValue, limit, clock.now.microseconds, read: read)
      + db.rows(ofBeyond, destination.rawValue, study.rawValue, limit, beyond.microseconds, read: read)
  }

  private static func read(_ columns: inout Columns) throws -> Delivery {
    Delivery(delivery: try DeliveryRow.read(&columns), sop: try columns.sop(), study: try columns.optionalRaw())
  }
}
