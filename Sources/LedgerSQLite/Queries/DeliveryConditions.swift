import DICOM
import EscrowCore
import GRDB

extension DeliveryFilter {
  /// Whether it asks for more than an index of deliveries knows.
  var looksAtRows: Bool {
    var plain = self
    (plain.ids, plain.states, plain.destinations) = (nil, nil, nil)
    return plain != DeliveryFilter()
  }

  /// The filter as conditions on a delivery `d` and its instance `i`, after `first`.
  func conditions(_ first: [String], _ values: [Parameter]) -> (String, [Parameter]) {
    var sql = SQLConditions(texts: first, values: values)
    sql.equal("i.uuid", instance?.rawValue)
    sql.equal("i.sop_instance", sopInstanceUID?.rawValue)
    sql.equal("i.study", studyInstanceUID?.rawValue)
    sql.equal("i.patient_id", patientID)
    sql.isOne("d.state", states?.map(\.rawValue))
    sql.isOne("d.destination", destinations?.map(\.rawValue))
    sql.isOne("i.calling_ae", callingAEs?.map(\.rawValue))
    sql.isOne("i.peer", peers?.map(\.rawValue))
    sql.isOne("d.proof", proofs?.map(\.rawValue))
    if let isHeld { sql.texts.append("d.hold_by IS \(isHeld ? "NOT NULL" : "NULL")") }
    sql.contains(
      "coalesce(d.hold_reason, '') || ' ' || coalesce(d.reason, '')", reason,
      orQueuedAt: reasonOf.map(\.rawValue))
    sql.contains("coalesce(d.last_error, '')", lastError)
    if let routes {
      let one = "instr(char(10) || d.routes || char(10), char(10) || ? || char(10)) > 0"
      sql.texts.append("(\(([String](repeating: one, count: routes.count) + ["0"]).joined(separator: " OR ")))")
      sql.values += routes.map { $0 as Parameter }
    }
    sql.compare("coalesce(d.not_before, 0) <", dueBefore)
    sql.compare("d.not_before >=", dueAfter)
    sql.compare("i.received_at <", receivedBefore)
    sql.compare("i.received_at >=", receivedAfter)
    return (sql.texts.joined(separator: " AND "), sql.values)
  }
}

/// Conditions of a query with their parameters.
struct SQLConditions {
  var texts: [String]
  var values: [Parameter]

  mutating func equal(_ column: String, _ value: String?) {
    guard let value else { return }
    texts.append("\(column) = ?")
    values.append(value)
  }

  mutating func isOne(_ column: String, _ wanted: [String]?) {
    guard let wanted else { return }
    texts.append("\(column) IN (\(wanted.map { _ in "?" }.joined(separator: ", ")))")
    values += wanted.map { $0 as Parameter }
  }

  /// As ``EscrowCore/DeliveryFilter`` compares texts: the ASCII letters' case does not matter.
  mutating func contains(_ text: String, _ part: String?, orQueuedAt destinations: [String] = []) {
    guard let part, !part.isEmpty else { return }
    let found = "instr(lower(\(text)), ?) > 0"
    let names = destinations.map { _ in "?" }.joined(separator: ", ")
    texts.append(
      "(\(found) OR d.state = 'queued' AND d.hold_by IS NULL AND d.behind IS NULL AND d.destination IN (\(names)))")
    values.append(part.asciiLowercased)
    values += destinations.map { $0 as Parameter }
  }

  mutating func compare(_ comparison: String, _ moment: Timestamp?) {
    guard let moment else { return }
    texts.append("\(comparison) ?")
    values.append(moment.microseconds)
  }
}
