import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import NIOConcurrencyHelpers
import NIOCore

/// Asks questions over one association, and believes of the answers only what speaks of what was asked.
struct InstanceFinder: Sendable {
  let association: Association
  let context: AcceptedContext
  /// For each response.
  let timeout: Duration

  /// Answers to one query at most: one that does not heed the list may send a whole series, but not an archive.
  static let maximumAnswers = 100_000

  /// Whether the peer agreed to relational queries (PS3.4 §C.5.1.1).
  var isRelational: Bool { association.extendedNegotiations[StudyRootFind.sopClassUID]?.first == 1 }

  /// What the peer says of each that is asked for. Those it was not asked for because the association has ended are
  /// left out.
  ///
  /// Some peers answer a list of UIDs with one match, or with none: what a list does not find is asked for alone.
  func ask(_ batch: QueryBatch) async -> [QueryResult] {
    let found: Set<SOPInstance>
    do {
      found = try await find(batch.query, among: batch.asked)
    } catch AssociationError.hadEnded {
      return []
    } catch {
      return batch.asked.map { QueryResult(key: $0.key, answer: Self.failure(error)) }
    }
    var results = batch.asked.filter { found.contains($0.sop) }.map { QueryResult(key: $0.key, answer: .found) }
    for question in batch.asked where !found.contains(question.sop) {
      do {
        let isFound = try await findAlone(question, after: batch.query)
        results.append(QueryResult(key: question.key, answer: isFound ? .found : .notFound))
      } catch AssociationError.hadEnded {
        return results
      } catch {
        results.append(QueryResult(key: question.key, answer: Self.failure(error)))
      }
    }
    return results
  }

  private func findAlone(_ question: DueQuery, after asked: InstanceQuery) async throws -> Bool {
    for query in question.alone(relational: isRelational) where query != asked {
      if try await !find(query, among: [question]).isEmpty { return true }
    }
    return false
  }

  /// Those of `asked` that a query finds, if it comes to its end with success: only then does it say anything.
  private func find(_ query: InstanceQuery, among asked: [DueQuery]) async throws -> Set<SOPInstance> {
    let wanted = Dictionary(grouping: asked.map(\.sop), by: \.instanceUID)
    let state = NIOLockedValueBox((count: 0, found: Set<SOPInstance>()))
    let syntax = context.transferSyntax
    let reply = try await association.find(
      .findRequest(sopClass: StudyRootFind.sopClassUID, messageID: 1),
      identifier: .bytes(ByteBuffer(bytes: query.encoded(transferSyntax: syntax))), on: context.id, timeout: timeout
    ) { message in
      let found = Self.matches(message, syntax, among: wanted)
      return state.withLockedValue { state in
        state.count += 1
        state.found.formUnion(found)
        return state.count <= Self.maximumAnswers
      }
    }
    let status = reply.command.statusCode ?? .processingFailure
    guard status == .success, reply.dataSetWasComplete else {
      throw QueryRefused(status: status, comment: reply.command.errorComment)
    }
    return state.withLockedValue { $0.found }
  }

  private static func matches(
    _ message: IncomingMessage, _ transferSyntax: UID, among wanted: [UID: [SOPInstance]]
  ) -> [SOPInstance] {
    guard case .collected(let bytes) = message.body,
      let match = InstanceMatch(decoding: bytes, transferSyntax: transferSyntax)
    else { return [] }
    return (wanted[match.instanceUID] ?? []).filter { match.isOf($0) }
  }

  private static func failure(_ error: any Error) -> QueryResult.Answer {
    guard let refused = error as? QueryRefused, refused.isForGood else {
      return .failed(message: "the query failed: \(error)", retryAt: nil, isRefused: false)
    }
    return .failed(message: "the query failed: \(error)", retryAt: nil, isRefused: true)
  }
}

/// A query ended with another status than success.
private struct QueryRefused: Error, CustomStringConvertible {
  var status: Status
  var comment: String?

  /// SOP class not supported, not authorized, unrecognized operation (PS3.7 §9.1.2.1.5).
  var isForGood: Bool { [.sopClassNotSupported, .notAuthorized, .unrecognizedOperation].contains(status) }

  var description: String {
    let words = (comment ?? "").escaped
    return "the peer answered \(status)\(words.isEmpty ? "" : " \(words)")"
  }
}
