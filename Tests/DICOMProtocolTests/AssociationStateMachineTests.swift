import DICOM
import DICOMProtocol
import NIOCore
import Testing

/// PS3.8 Table 9-10, cell by cell, as printed.
struct AssociationStateMachineTests {
  typealias Machine = AssociationStateMachine

  /// A column for each of Sta1 to Sta13; a cell names the action, and the next state where it is another one.
  /// AA-1, AA-7 and AA-8 lead to Sta13.
  static let table = """
     1 | AE-1→4 |           |        |        |        |        |           |         |         |          |         |         |
     2 |        |           |        | AE-2→5 |        |        |           |         |         |          |         |         |
     3 |        | AA-1      | AA-8   |        | AE-3→6 | AA-8   | AA-8      | AA-8    | AA-8    | AA-8     | AA-8    | AA-8    | AA-6
     4 |        | AA-1      | AA-8   |        | AE-4→1 | AA-8   | AA-8      | AA-8    | AA-8    | AA-8     | AA-8    | AA-8    | AA-6
     5 | AE-5→2 |           |        |        |        |        |           |         |         |          |         |         |
     6 |        | AE-6→3/13 | AA-8   |        | AA-8   | AA-8   | AA-8      | AA-8    | AA-8    | AA-8     | AA-8    | AA-8    | AA-7
     7 |        |           | AE-7→6 |        |        |        |           |         |         |          |         |         |
     8 |        |           | AE-8→13|        |        |        |           |         |         |          |         |         |
     9 |        |           |        |        |        | DT-1   |           | AR-7    |         |          |         |         |
    10 |        | AA-1      | AA-8   |        | AA-8   | DT-2   | AR-6      | AA-8    | AA-8    | AA-8     | AA-8    | AA-8    | AA-6
    11 |        |           |        |        |        | AR-1→7 |           |         |         |          |         |         |
    12 |        | AA-1      | AA-8   |        | AA-8   | AR-2→8 | AR-8→9/10 | AA-8    | AA-8    | AA-8     | AA-8    | AA-8    | AA-6
    13 |        | AA-1      | AA-8   |        | AA-8   | AA-8   | AR-3→1    | AA-8    | AA-8    | AR-10→12 | AR-3→1  | AA-8    | AA-6
    14 |        |           |        |        |        |        |           | AR-4→13 | AR-9→11 |          |         | AR-4→13 |
    15 |        |           | AA-1   | AA-2→1 | AA-1   | AA-1   | AA-1      | AA-1    | AA-1    | AA-1     | AA-1    | AA-1    |
    16 |        | AA-2→1    | AA-3→1 |        | AA-3→1 | AA-3→1 | AA-3→1    | AA-3→1  | AA-3→1  | AA-3→1   | AA-3→1  | AA-3→1  | AA-2→1
    17 |        | AA-5→1    | AA-4→1 | AA-4→1 | AA-4→1 | AA-4→1 | AA-4→1    | AA-4→1  | AA-4→1  | AA-4→1   | AA-4→1  | AA-4→1  | AR-5→1
    18 |        | AA-2→1    |        |        |        |        |           |         |         |          |         |         | AA-2→1
    19 |        | AA-1      | AA-8   |        | AA-8   | AA-8   | AA-8      | AA-8    | AA-8    | AA-8     | AA-8    | AA-8    | AA-7
    """

  static let events: [Machine.Event] = [
    .localAssociateRequest, .transportConfirmed, .receivedAssociateAccept, .receivedAssociateReject,
    .transportIndicated, .receivedAssociateRequest(acceptable: true), .localAccept, .localReject, .localData,
    .receivedData, .localReleaseRequest, .receivedReleaseRequest, .receivedReleaseResponse, .localReleaseResponse,
    .localAbort, .receivedAbort, .transportClosed, .artimExpired, .receivedInvalidPDU,
  ]

  @Test(arguments: Machine.State.allCases, events) func everyCell(_ state: Machine.State, _ event: Machine.Event) throws
  {
    let cell = try Cell(state: state, event: event)
    for role in [Machine.Role.requestor, .acceptor] {
      guard var machine = Self.machine(in: state, role: role) else { continue }
      #expect(machine.handle(event)?.rawValue == cell.action)
      #expect(machine.state.rawValue == (role == .requestor ? cell.next.first : cell.next.last))
    }
  }

  @Test func anUnacceptableRequestIsRejected() throws {
    var machine = try #require(Self.machine(in: .sta2, role: .acceptor))
    #expect(machine.handle(.receivedAssociateRequest(acceptable: false)) == .ae6)
    #expect(machine.state == .sta13)
  }

  @Test func eventsAreNumberedAsInTheStandard() { #expect(Self.events.map(\.number) == Array(1...19)) }

  @Test(arguments: zip(PDUVector.all.map(\.pdu), [6, 3, 4, 10, 10, 12, 13, 16]))
  func everyPDUIsAnEvent(_ pdu: PDU, _ number: Int) {
    #expect(Machine.Event(receiving: pdu).number == number)
  }

  @Test func acceptabilityIsAskedOfTheRequest() {
    let event = Machine.Event(receiving: PDUVector.reportAssociation.pdu) { $0.calledAE == "ANOTHER" }
    #expect(event == .receivedAssociateRequest(acceptable: false))
  }

  /// A machine brought to `state` by events, or nil when the role never gets there.
  static func machine(in state: Machine.State, role: Machine.Role) -> Machine? {
    let established: [Machine.Event] =
      role == .requestor
      ? [.localAssociateRequest, .transportConfirmed, .receivedAssociateAccept]
      : [.transportIndicated, .receivedAssociateRequest(acceptable: true), .localAccept]
    let collision = established + [.localReleaseRequest, .receivedReleaseRequest]
    let path: [Machine.Event]? =
      switch (state, role) {
      case (.sta1, _): []
      case (.sta2, .acceptor), (.sta4, .requestor): Array(established.prefix(1))
      case (.sta3, .acceptor), (.sta5, .requestor): Array(established.prefix(2))
      case (.sta6, _): established
      case (.sta7, _): established + [.localReleaseRequest]
      case (.sta8, _): established + [.receivedReleaseRequest]
      case (.sta9, .requestor), (.sta10, .acceptor): collision
      case (.sta11, .requestor): collision + [.localReleaseResponse]
      case (.sta12, .acceptor): collision + [.receivedReleaseResponse]
      case (.sta13, _): established + [.localAbort]
      default: nil
      }
    guard let path else { return nil }
    var machine = Machine(role: role)
    for event in path { _ = machine.handle(event) }
    #expect(machine.state == state)
    return machine
  }

  /// What the table says: an action, or nil, and the next state of a requestor and of an acceptor.
  struct Cell {
    let action: String?
    let next: [Int]

    init(state: Machine.State, event: Machine.Event) throws {
      let row = try #require(table.split(separator: "\n").dropFirst(event.number - 1).first)
      let cells = row.split(separator: "|", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
      #expect(cells.count == 14)
      #expect(cells[0] == String(event.number))
      let parts = cells[state.rawValue].split(separator: "→")
      action = parts.first.map { String($0) }
      if parts.count == 2 {
        let states = parts[1].split(separator: "/").compactMap { Int($0) }
        // AE-6 is asked here of acceptable requests only.
        next = action == "AE-6" ? [states[0]] : states
      } else {
        next = [["AA-1", "AA-7", "AA-8"].contains(action) ? 13 : state.rawValue]
      }
    }
  }
}
