import EscrowCore
import EscrowEngine
import Foundation
import NIOCore

/// What happens after some event, without end, in the form of server-sent events: each with its sequence as the id.
struct EventFeed: AsyncSequence, Sendable {
  let context: EngineContext
  let after: Int64

  private static let batch = 200
  /// How often the record is looked at while somebody listens.
  private static let pause = Duration.milliseconds(500)
  /// A comment after this many looks without news tells that the connection lives.
  private static let looksBetweenComments = 30

  func makeAsyncIterator() -> Iterator { Iterator(context: context, last: after) }

  struct Iterator: AsyncIteratorProtocol {
    let context: EngineContext
    var last: Int64
    private var hasBegun = false

    init(context: EngineContext, last: Int64) {
      self.context = context
      self.last = last
    }

    mutating func next() async throws -> ByteBuffer? {
      guard hasBegun else {
        hasBegun = true
        return ByteBuffer(string: ": events after \(last)\n\n")
      }
      for _ in 1...EventFeed.looksBetweenComments {
        if context.isDraining || Task.isCancelled { return nil }
        let news = try await context.ledger.events(after: last, limit: EventFeed.batch)
        if let end = news.last?.sequence {
          last = end
          return ByteBuffer(string: try news.map(EventFeed.text(of:)).joined())
        }
        try await Task.sleep(for: EventFeed.pause)
      }
      return ByteBuffer(string: ":\n\n")
    }
  }

  /// JSON has no line breaks of its own, so that one `data` line holds it.
  private static func text(of event: RecordedEvent) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = String(decoding: try encoder.encode(EventBody(event)), as: UTF8.self)
    return "id: \(event.sequence)\nevent: \(event.event.kind.rawValue)\ndata: \(data)\n\n"
  }
}
