import EscrowSpool
import NIOConcurrencyHelpers

/// Keeps what it observes.
final class Recorder: ChunkObserver {
  private let seen = NIOLockedValueBox<[UInt8]>([])

  var bytes: [UInt8] { seen.withLockedValue { $0 } }

  func observe(_ bytes: UnsafeRawBufferPointer) {
    seen.withLockedValue { $0 += bytes }
  }
}

/// Stops the I/O thread in the middle of a chunk until it is told to go on.
final class Gate: ChunkObserver {
  private let lock = ConditionLock(value: 0)

  func observe(_ bytes: UnsafeRawBufferPointer) {
    lock.lock(whenValue: 1)
    lock.unlock(withValue: 1)
  }

  func open() {
    lock.lock()
    lock.unlock(withValue: 1)
  }
}
