import AdminAPI
import ArgumentParser

/// Conditions on instances besides what names them; all that are given must hold.
struct InstanceTraits: ParsableArguments {
  @Option(help: "A Patient ID, as it is sent.") var patient: String?
  @Option(help: "AE titles that they came from, separated by commas.") var from: String?
  @Option(help: "Configured peers that they came from, separated by commas.") var peer: String?
  @Option(help: "A part of why they are held or damaged, as it is on record.") var because: String?
  @Option(help: "Received at least so long ago: 30s, 10m, 2h, 7d.") var olderThan: String?
  @Option(help: "Received less than so long ago.") var youngerThan: String?

  var isEmpty: Bool { [patient, from, peer, because, olderThan, youngerThan].allSatisfy { $0 == nil } }

  func add(to filter: inout InstanceFilterBody) {
    filter.patientID = patient
    filter.callingAE = from?.listed
    filter.peer = peer?.listed
    filter.reason = because
    filter.olderThan = olderThan
    filter.youngerThan = youngerThan
  }
}
