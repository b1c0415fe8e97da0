package import DICOM
package import EscrowCore
import Foundation

/// Asks by HTTP who decides about commitment: a POST, signed as webhooks are, that is answered with the outcomes.
package struct HTTPDecisionHook: DecisionHook {
  private let transport: any HTTPSending
  private let now: @Sendable () -> Timestamp

  /// The largest answer, bytes.
  private static let bodyLimit = 1 << 20

  package init(transport: any HTTPSending, now: @escaping @Sendable () -> Timestamp = { .now() }) {
    self.transport = transport
    self.now = now
  }

  package func decide(_ question: HookQuestion, at endpoint: HookEndpoint) async throws -> [UID: UInt16] {
    let signer = try WebhookEndpoint(
      name: "decide of \(question.peer)", url: endpoint.url, secrets: endpoint.secrets,
      allowAddresses: endpoint.allowAddresses)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let id = "ask_" + UUID().uuidString.lowercased()
    var request = signer.request(id: id, body: Array(try encoder.encode(Question(question))), now: now())
    request.timeout = endpoint.timeout
    request.connectTimeout = min(request.connectTimeout, endpoint.timeout)
    request.bodyLimit = Self.bodyLimit
    let response = try await transport.send(request)
    guard response.status == 200 else { throw DecisionError.status(response.status) }
    guard !response.isTruncated else { throw DecisionError.tooLong(Self.bodyLimit) }
    do {
      return try JSONDecoder().decode(Answer.self, from: Data(response.body)).outcomes()
    } catch let error as DecodingError {
      throw DecisionError.unreadable("\(error)")
    }
  }

  /// What is asked.
  private struct Question: Encodable {
    var transactionUID: String
    var peer: String
    var references: [Reference]

    struct Reference: Encodable {
      var sopClassUID: String
      var sopInstanceUID: String
      var known: Bool
      var proved: Bool
    }

    init(_ question: HookQuestion) {
      transactionUID = question.transactionUID.rawValue
      peer = question.peer.rawValue
      references = question.references.map {
        Reference(
          sopClassUID: $0.sop.classUID.rawValue, sopInstanceUID: $0.sop.instanceUID.rawValue,
          known: $0.instance != nil, proved: $0.isProved)
      }
    }
  }

  /// What is answered.
  private struct Answer: Decodable {
    var results: [Result]

    struct Result: Decodable {
      var sopInstanceUID: String
      var outcome: String
      var reason: Reason?
    }

    /// A Failure Reason as a number or as `0112H`.
    struct Reason: Decodable {
      var code: UInt16?

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(UInt16.self) {
          code = number
        } else {
          let text = try container.decode(String.self)
          code = text.hasSuffix("H") ? UInt16(text.dropLast(), radix: 16) : UInt16(text)
        }
      }
    }

    /// Said twice, a failure stands; anything but `committed` is one.
    func outcomes() -> [UID: UInt16] {
      var outcomes: [UID: UInt16] = [:]
      for result in results {
        let uid = UID(result.sopInstanceUID)
        if result.outcome == "committed" {
          if outcomes[uid] == nil { outcomes[uid] = 0 }
        } else {
          let reason = result.reason?.code ?? Vouching.processingFailure
          outcomes[uid] = reason == 0 ? Vouching.processingFailure : reason
        }
      }
      return outcomes
    }
  }
}

/// Why a hook's answer cannot be used.
package enum DecisionError: Error, Sendable, Equatable, CustomStringConvertible {
  case status(Int)
  case tooLong(Int)
  case unreadable(String)

  package var description: String {
    switch self {
    case .status(let status): "it answered HTTP \(status) instead of 200"
    case .tooLong(let limit): "its answer is longer than \(limit) bytes"
    case .unreadable(let cause): "its answer is not {results: [{sopInstanceUID, outcome}]}: \(cause)"
    }
  }
}
