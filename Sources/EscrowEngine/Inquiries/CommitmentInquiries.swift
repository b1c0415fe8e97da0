import Crypto
import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowConfiguration
package import EscrowCore
import Foundation
import Logging
import NIOCore

/// Takes the requests for storage commitment of peers: N-ACTION (PS3.4 §J.3.2).
struct CommitmentInquiries: Sendable {
  let context: EngineContext

  /// The largest action information that is taken, bytes.
  static let maximumLength = 32 * 1024 * 1024
  /// Requests of one peer that are not answered yet.
  static let maximumOpen = 10_000

  /// Checks the request, makes it durable as a job, and only then answers success. Every request is answered: what is
  /// wrong with it by its status.
  func handle(_ message: IncomingMessage, on association: Association) async -> CommandSet {
    let command = message.command
    do {
      if let refusal = refusal(of: command, context: message.context, on: association) { throw refusal }
      let inquiry = try inquiry(message, on: association)
      if context.settings.peers[inquiry.peer]?.inquiries.reportOn == .same {
        context.askers.expect(inquiry, on: association, context: message.context.id)
      }
      do {
        try await take(inquiry)
      } catch {
        context.askers.remove(inquiry.job)
        throw error
      }
      return .response(to: command, status: .success)
    } catch let refusal as Refusal {
      return refuse(command, refusal, on: association)
    } catch {
      await context.note(failure: error)
      return refuse(
        command, Refusal(status: .processingFailure, text: "the request cannot be recorded: \(error)"), on: association)
    }
  }

  private func take(_ inquiry: CommitmentInquiry) async throws {
    let answer = try await context.ledger.inquire(inquiry, limit: Self.maximumOpen, now: context.clock.now())
    switch answer {
    case .opened(let job), .repeated(let job):
      context.askers.rename(inquiry.job, to: job)
      context.logger.info(
        "asked for commitment of \(inquiry.references.count)\(answer == .repeated(job) ? " again" : "")",
        metadata: [
          "peer": "\(inquiry.peer)", "job": "\(job)", "transaction": "\(inquiry.transactionUID.rawValue.escaped)",
        ])
      context.inquiries.wake()
      context.wakeFollowers()
    case .contradicts:
      throw Refusal(
        status: .invalidArgumentValue,
        text: "transaction \(inquiry.transactionUID.rawValue.escaped) was already used for other instances")
    case .tooMany(let open):
      throw Refusal(status: .resourceLimitation, text: "\(open) requests of this peer are open")
    case .ownRequest:
      throw Refusal(status: .processingFailure, text: "this router asks itself, whose word proves nothing")
    }
  }

  // MARK: Reading

  /// Why a request is not taken.
  struct Refusal: Error {
    let status: Status
    let text: String
  }

  /// What is wrong before a byte of the data set is looked at: with the command set (PS3.7 §10.1.4.1.10), or with who
  /// asks; nil when nothing is.
  func refusal(of command: CommandSet, context accepted: AcceptedContext, on association: Association) -> Refusal? {
    let classUID = command.requestedSOPClassUID ?? command.affectedSOPClassUID
    guard classUID == StorageCommitment.sopClassUID, accepted.abstractSyntax == StorageCommitment.sopClassUID else {
      return Refusal(status: .noSuchSOPClass, text: "not of Storage Commitment Push Model")
    }
    let instanceUID = command.requestedSOPInstanceUID ?? command.affectedSOPInstanceUID
    guard instanceUID == StorageCommitment.sopInstanceUID else {
      return Refusal(status: .noSuchSOPInstance, text: "not of the well-known instance")
    }
    guard command.actionTypeID == StorageCommitment.requestActionTypeID else {
      return Refusal(
        status: .noSuchActionType, text: "action type \(command.actionTypeID.map { "\($0)" } ?? "missing")")
    }
    guard let peer = peer(on: association), peer.allow.contains(.commit) else {
      return Refusal(status: .notAuthorized, text: "no peer with commit in its allow has this AE title and address")
    }
    guard peer.host != nil && peer.port != nil || peer.inquiries.reportOn == .same else {
      return Refusal(status: .processingFailure, text: "no host and port to report to")
    }
    return nil
  }

  private func peer(on association: Association) -> Peer? {
    let caller = context.peers.caller(association.callingAE, at: association.remote.address)
    return if case .peer(let peer) = caller { peer } else { nil }
  }

  private func inquiry(_ message: IncomingMessage, on association: Association) throws(Refusal) -> CommitmentInquiry {
    guard let peer = peer(on: association) else {
      throw Refusal(status: .notAuthorized, text: "the peer is not known any more")
    }
    let information = try information(message)
    guard information.transactionUID.isValid else {
      throw Refusal(status: .invalidArgumentValue, text: "the Transaction UID is malformed")
    }
    return CommitmentInquiry(
      job: .new(), transactionUID: information.transactionUID, callingAE: association.callingAE,
      calledAE: association.calledAE, address: association.remote.address, peer: peer.name,
      references: information.references, content: Self.digest(information.references),
      terms: context.terms(for: peer, callingAE: association.callingAE, address: association.remote.address))
  }

  private func information(_ message: IncomingMessage) throws(Refusal) -> CommitmentActionInformation {
    switch message.body {
    case .collected(let bytes):
      do {
        return try CommitmentActionInformation(decoding: bytes, transferSyntax: message.context.transferSyntax)
      } catch {
        throw Refusal(status: error.status, text: error.text)
      }
    case .tooLarge:
      throw Refusal(status: .resourceLimitation, text: "the request is larger than \(Self.maximumLength) bytes")
    default: throw Refusal(status: .invalidArgumentValue, text: "the request has no data set")
    }
  }

  /// Tells two requests apart: of each UID its length and text, in their order.
  private static func digest(_ references: [SOPInstance]) -> String {
    var hash = SHA256()
    for sop in references {
      for uid in [sop.classUID, sop.instanceUID] { hash.update(data: Data("\(uid.rawValue.utf8.count) \(uid)".utf8)) }
    }
    return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func refuse(_ command: CommandSet, _ refusal: Refusal, on association: Association) -> CommandSet {
    context.logger.warning(
      "request for commitment refused: \(refusal.status) \(refusal.text)",
      metadata: [
        "association": "\(association.id)",
        "peer": "\(association.callingAE.rawValue.escaped)@\(association.remote.address)",
      ])
    return .response(to: command, status: refusal.status, errorComment: String(refusal.text.prefix(64)))
  }
}

extension JobID {
  /// A random one.
  package static func new() -> JobID { JobID(rawValue: UUID().uuidString.lowercased()) }
}

extension EngineContext {
  /// By what rules a peer's request is answered, as it is configured now.
  func terms(for peer: Peer, callingAE: AETitle, address: String) -> InquiryTerms {
    let policy = peer.inquiries
    let basis: InquiryTerms.Basis =
      if policy.decide != nil {
        .hook
      } else if isOurselves(peer) {
        .own
      } else {
        policy.commitWhen == .spooled ? .spooled : .delivered
      }
    // Who reports for a destination could make us say whatever it likes to hear.
    let reporting = peers.reporters(callingAE, at: address)
    let excluded = settings.peers.values.filter { other in
      other.name == peer.name || other.aeTitle == peer.aeTitle || isOurselves(other) || reporting.contains(other.name)
        || (other.host != nil && other.host == peer.host && other.port == peer.port)
    }
    return InquiryTerms(
      basis: basis, proof: policy.vouchFor, excluded: Set(excluded.map(\.name)),
      seesAll: policy.maySee == .all || basis == .own,
      answerBy: clock.now() + policy.answerWithin, completes: policy.completes)
  }

  /// Whether a peer is this router: what it says of our instances is what we said.
  package func isOurselves(_ peer: Peer) -> Bool { settings.isOurselves(peer) }
}
