import DICOM
import EscrowConfiguration
import EscrowCore
@testable import EscrowEngine
import EscrowTesting
import NIOCore

/// An instance on its way in.
struct SimulatedReception {
  let content: SimulatedContent
  let receiver: StoreReceiver
  var rest: ArraySlice<UInt8>
}

extension Simulation {
  /// A sender begins, goes on, ends or breaks off; several are at it at once.
  func receive() async throws {
    let count = process?.receptions.count ?? 0
    if count == 0 || count < 3 && chance(40) { return try begin() }
    let index = below(count)
    guard let reception = process?.receptions[index] else { return }
    if chance(3) {
      reception.receiver.abandon()
      process?.receptions.remove(at: index)
      return journal.note("\(reception.content.sop.instanceUID): the sender breaks off")
    }
    let part = reception.rest.prefix(chance(60) ? reception.rest.count : below(reception.rest.count) + 1)
    _ = reception.receiver.receive(ByteBuffer(bytes: part))
    process?.receptions[index].rest = reception.rest.dropFirst(part.count)
    if part.count == reception.rest.count {
      process?.receptions.remove(at: index)
      try await finish(reception)
    }
  }

  private func begin() throws {
    guard let content = chance(80) ? one(of: unsent) ?? one(of: contents) : one(of: contents) else { return }
    try begin(content, from: one(of: ["ct1", "ct2", "ct1", "archive"]) ?? "ct1")
  }

  func begin(_ content: SimulatedContent, from peer: PeerName) throws {
    guard let context = process?.context else { return }
    let receiver = try StoreReceiver(
      sop: content.sop, transferSyntax: "1.2.840.10008.1.2.1",
      source: Source(
        callingAE: AETitle(peer.rawValue.uppercased()), calledAE: "ESCROW", address: "10.0.0.7", peer: peer,
        association: "a"),
      context: context, rules: context.rules, resume: {})
    journal.note("\(peer) begins \(content.sop.instanceUID) \(content.digest) as \(receiver.id)")
    process?.receptions.append(SimulatedReception(content: content, receiver: receiver, rest: content.bytes[...]))
  }

  /// The last fragment came: the program makes it durable and answers. A dead process answers nothing.
  func finish(_ reception: SimulatedReception) async throws {
    guard let process else { return }
    let refusal = try await process.intake.take(reception.receiver)
    guard isAlive(process) else { return }
    if let refusal { return oracle.complain("refused \(reception.content.sop.instanceUID): \(refusal)") }
    journal.note("success for \(reception.content.sop.instanceUID) \(reception.content.digest)")
    unsent.removeAll { $0 == reception.content }
    weather.calmly { oracle.acknowledged(reception.content, in: self) }
  }
}
