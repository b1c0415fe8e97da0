import AdminAPI
import ArgumentParser

/// Conditions on deliveries besides what names them; all that are given must hold.
struct DeliveryTraits: ParsableArguments {
  @Option(help: "A Patient ID, as it is sent.") var patient: String?
  @Option(help: "AE titles that the instances came from, separated by commas.") var from: String?
  @Option(help: "Configured peers that the instances came from, separated by commas.") var peer: String?
  @Option(help: "Routes that asked for it, separated by commas.") var route: String?
  @Option(help: "Proofs, separated by commas: response, query, commitment.") var proof: String?
  @Flag(inversion: .prefixedNo, help: "Only what an operator holds, or only the rest.") var held: Bool?
  @Option(help: "A part of why it waits or failed, as it is on record.") var because: String?
  @Option(help: "A part of the last error.") var lastError: String?
  @Option(help: "Waits for nothing after this moment, e.g. 2026-11-27T18:30:00Z.") var dueBefore: String?
  @Option(help: "Waits for this moment or a later one.") var dueAfter: String?
  @Option(help: "Received at least so long ago: 30s, 10m, 2h, 7d.") var olderThan: String?
  @Option(help: "Received less than so long ago.") var youngerThan: String?

  var isEmpty: Bool {
    held == nil
      && [patient, from, peer, route, proof, because, lastError, dueBefore, dueAfter, olderThan, youngerThan]
        .allSatisfy { $0 == nil }
  }

  func add(to filter: inout DeliveryFilterBody) throws {
    filter.patientID = patient
    filter.callingAE = from?.listed
    filter.peer = peer?.listed
    filter.route = route?.listed
    filter.proof = proof?.listed
    filter.held = held
    filter.reason = because
    filter.lastError = lastError
    filter.dueBefore = dueBefore
    filter.dueAfter = dueAfter
    filter.olderThan = olderThan
    filter.youngerThan = youngerThan
  }
}

extension DeliveryFilterBody {
  /// As query parameters.
  var query: String {
    let texts: [(String, String?)] = [
      ("id", id.map { $0.map(String.init).joined(separator: ",") }), ("state", state?.joined(separator: ",")),
      ("to", to?.joined(separator: ",")), ("sopInstanceUID", sopInstanceUID), ("studyInstanceUID", studyInstanceUID),
      ("patientID", patientID), ("callingAE", callingAE?.joined(separator: ",")),
      ("peer", peer?.joined(separator: ",")), ("route", route?.joined(separator: ",")),
      ("proof", proof?.joined(separator: ",")), ("held", held.map { "\($0)" }), ("reason", reason),
      ("lastError", lastError), ("dueBefore", dueBefore), ("dueAfter", dueAfter), ("olderThan", olderThan),
      ("youngerThan", youngerThan),
    ]
    return texts.compactMap { name, text in text.map { "\(name)=\($0.urlEscaped)" } }.joined(separator: "&")
  }
}
