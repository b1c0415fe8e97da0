import DICOMNetwork
import EscrowTesting
import NIOConcurrencyHelpers
import NIOCore

/// A data set of which every byte tells its place, and which may fail on the way.
final class PatternSource: DataSetSource {
  struct Failure: Error {}

  let length: Int
  private let failsAt: Int
  private let position = NIOLockedValueBox(0)
  /// Where each read began.
  let reads = Events<Int>()

  init(length: Int, failsAt: Int = .max) {
    self.length = length
    self.failsAt = failsAt
  }

  /// The first bytes of every such data set.
  static func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { memory, used in
      BytePattern.write(to: UnsafeMutableRawBufferPointer(memory), from: 0)
      used = count
    }
  }

  func read(into regions: [UnsafeMutableRawBufferPointer]) throws {
    try position.withLockedValue { position in
      reads.add(position)
      for region in regions {
        guard position + region.count <= min(failsAt, length) else { throw Failure() }
        BytePattern.write(to: region, from: position)
        position += region.count
      }
    }
  }
}

/// The same data set, of which nobody says in advance how long it is.
final class PatternStream: DataSetStream {
  private let source: PatternSource
  private let position = NIOLockedValueBox(0)

  init(length: Int, failsAt: Int = .max) { source = PatternSource(length: length, failsAt: failsAt) }

  func read(into regions: [UnsafeMutableRawBufferPointer]) throws -> DataSetPiece {
    try position.withLockedValue { position in
      var left = min(source.length - position, regions.reduce(0) { $0 + $1.count })
      let count = left
      let filled = regions.map { region -> UnsafeMutableRawBufferPointer in
        defer { left -= min(left, region.count) }
        return UnsafeMutableRawBufferPointer(rebasing: region.prefix(left))
      }
      try source.read(into: filled)
      position += count
      return DataSetPiece(count: count, isLast: position == source.length)
    }
  }
}

/// Checks what it receives against ``PatternSource`` and says what happens to it.
final class PatternReceiver: DataSetReceiver {
  enum Event: Equatable { case fragment, abandoned }

  private struct State {
    var count = 0
    var isRight = true
  }

  private let state = NIOLockedValueBox(State())
  private let pausesAfter: Int
  let events = Events<Event>()

  let isDropping: Bool

  /// - Parameter pausesAfter: bytes after which every fragment is answered with false.
  init(pausesAfter: Int = .max, isDropping: Bool = false) {
    self.pausesAfter = pausesAfter
    self.isDropping = isDropping
  }

  var count: Int { state.withLockedValue(\.count) }
  var isRight: Bool { state.withLockedValue(\.isRight) }

  func receive(_ fragment: ByteBuffer) -> Bool {
    let count = state.withLockedValue { state in
      fragment.withUnsafeReadableBytes { state.isRight = state.isRight && BytePattern.matches($0, at: state.count) }
      state.count += fragment.readableBytes
      return state.count
    }
    events.add(.fragment)
    return count < pausesAfter
  }

  func abandon() { events.add(.abandoned) }
}
