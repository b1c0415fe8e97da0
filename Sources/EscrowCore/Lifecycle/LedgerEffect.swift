/// What a change of a consignment causes besides its rows.
package enum LedgerEffect: Sendable, Equatable {
  /// An event for the record and the webhooks.
  case tell(EscrowEvent)
  /// An alarm opens, or its text changes.
  case raise(Alarm)
  /// An alarm ends if nothing on record causes it any more.
  case review(AlarmKind, subject: String)
}
