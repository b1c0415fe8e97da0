/// PS3.8 Table 9-10: which action answers which event in which state.
enum AssociationTable {
  typealias Action = AssociationStateMachine.Action
  typealias Event = AssociationStateMachine.Event
  typealias State = AssociationStateMachine.State

  /// The action, or nil for an empty cell: the event cannot occur there.
  static func action(for event: Event, in state: State) -> Action? { rows[event.number]?[state] }

  private static let rows: [Int: [State: Action]] = [
    1: [.sta1: .ae1],
    2: [.sta4: .ae2],
    3: row([.sta2: .aa1, .sta5: .ae3, .sta13: .aa6], elsewhere: .aa8),
    4: row([.sta2: .aa1, .sta5: .ae4, .sta13: .aa6], elsewhere: .aa8),
    5: [.sta1: .ae5],
    6: row([.sta2: .ae6, .sta13: .aa7], elsewhere: .aa8),
    7: [.sta3: .ae7],
    8: [.sta3: .ae8],
    9: [.sta6: .dt1, .sta8: .ar7],
    10: row([.sta2: .aa1, .sta6: .dt2, .sta7: .ar6, .sta13: .aa6], elsewhere: .aa8),
    11: [.sta6: .ar1],
    12: row([.sta2: .aa1, .sta6: .ar2, .sta7: .ar8, .sta13: .aa6], elsewhere: .aa8),
    13: row([.sta2: .aa1, .sta7: .ar3, .sta10: .ar10, .sta11: .ar3, .sta13: .aa6], elsewhere: .aa8),
    14: [.sta8: .ar4, .sta9: .ar9, .sta12: .ar4],
    15: row([.sta4: .aa2], elsewhere: .aa1),
    16: row([.sta2: .aa2, .sta13: .aa2], elsewhere: .aa3),
    17: row([.sta2: .aa5, .sta4: .aa4, .sta13: .ar5], elsewhere: .aa4),
    18: [.sta2: .aa2, .sta13: .aa2],
    19: row([.sta2: .aa1, .sta13: .aa7], elsewhere: .aa8),
  ]

  /// A row with `cells`, and `action` in every other state between the request and the last PDU: 3 and 5 to 12.
  private static func row(_ cells: [State: Action], elsewhere action: Action) -> [State: Action] {
    let between: [State] = [.sta3, .sta5, .sta6, .sta7, .sta8, .sta9, .sta10, .sta11, .sta12]
    return between.reduce(into: cells) { row, state in row[state] = row[state] ?? action }
  }
}
