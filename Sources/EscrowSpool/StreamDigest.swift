import CXXHash
package import EscrowCore
import NIOConcurrencyHelpers

/// The digest of bytes that come piece by piece: XXH3-128, the same value as `xxhsum -H2` of all of them.
///
/// Unchecked, because the C state behind the pointer is not Sendable by itself: this object owns it alone, never
/// hands it out, and holds the lock whenever it touches it.
final class StreamDigest: @unchecked Sendable {
  private let state: OpaquePointer
  private let lock = NIOLock()

  init() {
    guard let state = XXH3_createState() else { preconditionFailure("out of memory") }
    self.state = state
    XXH3_128bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  /// Takes the next bytes.
  func update(_ bytes: UnsafeRawBufferPointer) {
    lock.withLock { _ = XXH3_128bits_update(state, bytes.baseAddress, bytes.count) }
  }

  /// The digest of everything taken so far.
  var value: Digest {
    let hash = lock.withLock { XXH3_128bits_digest(state) }
    return Digest(high: hash.high64, low: hash.low64)
  }
}

extension Digest {
  /// The digest of `bytes` at once.
  package static func of(_ bytes: some Collection<UInt8>) -> Digest {
    let hash = Array(bytes).withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
    return Digest(high: hash.high64, low: hash.low64)
  }
}
