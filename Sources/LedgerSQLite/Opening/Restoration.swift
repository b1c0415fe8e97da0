import EscrowCore
import GRDB

/// What a copy of a ledger is given before it takes the place of a newer one.
///
/// What was recorded after the copy was made is not known to it: a report that took a proof back, a conflict, an
/// operator's hold. So no copy that it calls safe goes before an operator confirms.
enum Restoration {
  static func prepare(_ db: Database, madeAt: String, now: Timestamp) throws {
    let pin = "the ledger was put back from a backup of \(madeAt), confirm that the copy may go"
    try db.run(
      """
      UPDATE instance SET pin = coalesce(pin, ?), purge_at = NULL
      WHERE state NOT IN ('purging', 'purged', 'discarded')
      """, pin)
    let isPinned = db.changesCount > 0
    let text = "the ledger was put back on \(now.rfc3339) from a backup of \(madeAt): what was recorded since is lost"
    let writing = WriteTransaction(db: db)
    if isPinned {
      let alarm = Alarm(.ledgerReplaced, subject: Alarm.replacedLedger, since: now, text: text)
      try writing.raise(alarm, event: nil)
    }
    try writing.tell(EscrowEvent(.operatorAction, at: now, reason: text, actor: "escrow restore"))
  }
}
