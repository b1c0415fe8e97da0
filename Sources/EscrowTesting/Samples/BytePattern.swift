import Glibc

/// Bytes of which an insertion, a loss or a swap cannot go unseen: a block of prime length, again and again.
package enum BytePattern {
  private static let block: [UInt8] = (0..<99_991).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

  /// Writes the bytes from `position` on.
  package static func write(to memory: UnsafeMutableRawBufferPointer, from position: Int) {
    forEachPiece(of: memory.count, from: position) { place, piece in
      UnsafeMutableRawBufferPointer(rebasing: memory[place..<place + piece.count]).copyMemory(from: piece)
    }
  }

  /// Whether these are the bytes from `position` on.
  package static func matches(_ memory: UnsafeRawBufferPointer, at position: Int) -> Bool {
    var isSame = true
    forEachPiece(of: memory.count, from: position) { place, piece in
      guard isSame, let here = memory.baseAddress, let there = piece.baseAddress else { return }
      isSame = memcmp(here + place, there, piece.count) == 0
    }
    return isSame
  }

  private static func forEachPiece(of count: Int, from position: Int, _ body: (Int, UnsafeRawBufferPointer) -> Void) {
    block.withUnsafeBytes { block in
      var place = 0
      while place < count {
        let start = (position + place) % block.count
        let length = min(count - place, block.count - start)
        body(place, UnsafeRawBufferPointer(rebasing: block[start..<start + length]))
        place += length
      }
    }
  }
}
