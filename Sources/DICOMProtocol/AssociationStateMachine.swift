/// The association protocol machine of PS3.8 §9.2: pure, without I/O, timers or clock.
///
/// The caller turns what happens into an ``Event`` and carries out the ``Action`` it gets back.
public struct AssociationStateMachine: Equatable, Sendable {
  /// Who opened the association; decides a release collision (AR-8).
  public enum Role: Sendable {
    case requestor
    case acceptor
  }

  public let role: Role
  public private(set) var state = State.sta1

  public init(role: Role) { self.role = role }

  /// Takes the event and says what to do, or nil when the event cannot occur in this state, which then stays.
  ///
  /// Once a connection exists there is an answer to everything that a peer can do.
  public mutating func handle(_ event: Event) -> Action? {
    guard let action = AssociationTable.action(for: event, in: state) else { return nil }
    state = next(after: action, event)
    return action
  }

  /// The state that an action ends in (PS3.8 Tables 9-6 to 9-9).
  private func next(after action: Action, _ event: Event) -> State {
    switch action {
    case .ae1: .sta4
    case .ae2: .sta5
    case .ae3, .ae7, .dt1, .dt2: .sta6
    case .ae4, .ar3, .ar5, .aa2, .aa3, .aa4, .aa5: .sta1
    case .ae5: .sta2
    case .ae6: event == .receivedAssociateRequest(acceptable: true) ? .sta3 : .sta13
    case .ae8, .ar4, .aa1, .aa6, .aa7, .aa8: .sta13
    case .ar1, .ar6: .sta7
    case .ar2, .ar7: .sta8
    case .ar8: role == .requestor ? .sta9 : .sta10
    case .ar9: .sta11
    case .ar10: .sta12
    }
  }
}

extension AssociationStateMachine {
  /// PS3.8 Tables 9-1 to 9-5.
  public enum State: Int, CaseIterable, Sendable {
    /// Idle.
    case sta1 = 1
    /// Connection open, waiting for A-ASSOCIATE-RQ; ARTIM runs.
    case sta2
    /// Waiting for the local accept or reject.
    case sta3
    /// Waiting for the connection.
    case sta4
    /// Waiting for A-ASSOCIATE-AC or -RJ.
    case sta5
    /// Established.
    case sta6
    /// Waiting for A-RELEASE-RP.
    case sta7
    /// Waiting for the local release response.
    case sta8
    /// Release collision, requestor: waiting for the local release response.
    case sta9
    /// Release collision, acceptor: waiting for A-RELEASE-RP.
    case sta10
    /// Release collision, requestor: waiting for A-RELEASE-RP.
    case sta11
    /// Release collision, acceptor: waiting for the local release response.
    case sta12
    /// Waiting for the connection to close; ARTIM runs.
    case sta13
  }

  /// What to do (PS3.8 Tables 9-6 to 9-9).
  public enum Action: String, CaseIterable, Sendable {
    /// Open the connection.
    case ae1 = "AE-1"
    /// Send A-ASSOCIATE-RQ.
    case ae2 = "AE-2"
    /// Confirm the acceptance to the user.
    case ae3 = "AE-3"
    /// Confirm the rejection to the user, close.
    case ae4 = "AE-4"
    /// Start ARTIM.
    case ae5 = "AE-5"
    /// Stop ARTIM; indicate the request to the user if acceptable, else send A-ASSOCIATE-RJ and start ARTIM.
    case ae6 = "AE-6"
    /// Send A-ASSOCIATE-AC.
    case ae7 = "AE-7"
    /// Send A-ASSOCIATE-RJ, start ARTIM.
    case ae8 = "AE-8"
    /// Send P-DATA-TF.
    case dt1 = "DT-1"
    /// Indicate data to the user.
    case dt2 = "DT-2"
    /// Send A-RELEASE-RQ.
    case ar1 = "AR-1"
    /// Indicate the release to the user.
    case ar2 = "AR-2"
    /// Confirm the release to the user, close.
    case ar3 = "AR-3"
    /// Send A-RELEASE-RP, start ARTIM.
    case ar4 = "AR-4"
    /// Stop ARTIM.
    case ar5 = "AR-5"
    /// Indicate data that arrives while releasing.
    case ar6 = "AR-6"
    /// Send P-DATA-TF while being released.
    case ar7 = "AR-7"
    /// Indicate the release: a collision.
    case ar8 = "AR-8"
    /// Send A-RELEASE-RP.
    case ar9 = "AR-9"
    /// Confirm the release to the user.
    case ar10 = "AR-10"
    /// Send A-ABORT with source 0, start or restart ARTIM.
    case aa1 = "AA-1"
    /// Stop ARTIM, close.
    case aa2 = "AA-2"
    /// Indicate the abort to the user, close.
    case aa3 = "AA-3"
    /// Indicate a provider's abort to the user.
    case aa4 = "AA-4"
    /// Stop ARTIM.
    case aa5 = "AA-5"
    /// Ignore.
    case aa6 = "AA-6"
    /// Send A-ABORT.
    case aa7 = "AA-7"
    /// Send A-ABORT with source 2, indicate a provider's abort to the user, start ARTIM.
    case aa8 = "AA-8"
  }
}
