import DICOM
import DICOMProtocol
import EscrowCore
import EscrowSpool
import Glibc

/// Why a C-STORE-RQ is refused, with the status that says so (PS3.4 Table B.2-1, PS3.7 §9.1.1.1.9).
struct StoreRefusal: Equatable, Sendable {
  let status: Status
  let text: String

  /// What is wrong with a C-STORE-RQ before its data set is looked at; nil when nothing is.
  static func of(_ command: CommandSet, contextClass: UID) -> StoreRefusal? {
    guard command.hasDataSet else {
      return StoreRefusal(status: .mistypedArgument, text: "no data set announced")
    }
    guard let classUID = command.affectedSOPClassUID, classUID.isValid else {
      return StoreRefusal(status: .invalidSOPInstance, text: "Affected SOP Class UID missing or malformed")
    }
    guard let instanceUID = command.affectedSOPInstanceUID, instanceUID.isValid else {
      return StoreRefusal(status: .invalidSOPInstance, text: "Affected SOP Instance UID missing or malformed")
    }
    guard classUID == contextClass else {
      return StoreRefusal(status: .dataSetDoesNotMatchSOPClass, text: "SOP class is not that of the context")
    }
    return nil
  }

  /// What is wrong with the data set as far as it was read; nil when it can be kept.
  ///
  /// A header that cannot be parsed is no reason: the instance is kept and held for people.
  static func of(_ header: Header, sop: SOPInstance) -> StoreRefusal? {
    switch header.condition {
    case .empty: return StoreRefusal(status: .cannotUnderstand, text: "the data set is empty")
    case .preamble: return StoreRefusal(status: .cannotUnderstand, text: "a Part 10 file instead of a data set")
    case .truncated: return StoreRefusal(status: .cannotUnderstand, text: "the data set ends within its header")
    case .complete, .unreadable: break
    }
    if let uid = header.uid(.sopClassUID), uid != sop.classUID {
      return StoreRefusal(status: .dataSetDoesNotMatchSOPClass, text: "SOP Class UID differs in command and data set")
    }
    if let uid = header.uid(.sopInstanceUID), uid != sop.instanceUID {
      return StoreRefusal(
        status: .dataSetDoesNotMatchSOPClass, text: "SOP Instance UID differs in command and data set")
    }
    return nil
  }
}

extension StoreRefusal {
  /// The answer while nothing is taken, with the reason if that holds still.
  static func noIntake(_ context: EngineContext) -> StoreRefusal {
    let maintenance = context.stops.intake.map { _ in OperatorStops.refusal }
    return StoreRefusal(
      status: .outOfResources,
      text: maintenance ?? context.space.refusal ?? "nothing could be stored; try again")
  }

  /// The answer to a sender of which too much is here.
  static func quota(of peer: PeerName) -> StoreRefusal {
    StoreRefusal(status: .outOfResources, text: "the quota of source \(peer) is used up; try again later")
  }

  /// The answer when an instance could not be made durable: the sender keeps its copy and tries again.
  static func failure(_ error: any Error) -> StoreRefusal {
    if case SpoolError.tooLarge = error {
      return StoreRefusal(status: .outOfResources, text: "the data set is larger than the configured limit")
    }
    if case SpoolError.disk(_, _, let code) = error {
      return StoreRefusal(status: .outOfResources, text: "not stored: \(String(cString: strerror(code)))")
    }
    if case LedgerError.notWritten(let cause, _) = error {
      return StoreRefusal(status: .outOfResources, text: "not recorded: \(cause.prefix(48))")
    }
    return StoreRefusal(status: .outOfResources, text: "not stored: \(String(describing: error).prefix(48))")
  }
}
