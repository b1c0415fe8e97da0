import DICOM
import DICOMNetwork
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Streams one instance into a file; more than a few MiB ahead of the disk, the socket waits.
final class ArchiveReceiver: DataSetReceiver {
  /// Bytes that may wait for the disk.
  private static let window = 4 * 1024 * 1024

  private struct State {
    var waiting: [ByteBuffer] = []
    var waitingBytes = 0
    var isWriting = false
    var isPaused = false
  }

  private let sop: SOPInstance
  private let store: ArchiveStore
  private let resume: @Sendable () -> Void
  private let state: NIOLockedValueBox<State>
  /// Locked while bytes are taken and written, so that they stay in order. Only I/O threads wait for it.
  private let file: NIOLockedValueBox<ArchiveFile>

  init(
    sop: SOPInstance, transferSyntax: UID, sender: AETitle, store: ArchiveStore, resume: @escaping @Sendable () -> Void
  ) {
    self.sop = sop
    self.store = store
    self.resume = resume
    let meta = FileMeta(
      sopInstance: sop, transferSyntax: TransferSyntax(transferSyntax),
      implementationClassUID: Archiving.implementationClassUID, sourceAE: sender)
    let start = ByteBuffer(bytes: meta.encoded().bytes)
    state = NIOLockedValueBox(State(waiting: [start], waitingBytes: start.readableBytes))
    file = NIOLockedValueBox(ArchiveFile(path: store.newPath()))
  }

  func receive(_ fragment: ByteBuffer) -> Bool {
    let (isFull, starts) = state.withLockedValue { state in
      state.waiting.append(fragment)
      state.waitingBytes += fragment.readableBytes
      state.isPaused = state.waitingBytes > Self.window
      let starts = state.waitingBytes > Self.window / 4 && !state.isWriting
      if starts { state.isWriting = true }
      return (state.isPaused, starts)
    }
    if starts { store.pool.submit { [self] _ in writeWaiting() } }
    return !isFull
  }

  func abandon() {
    store.pool.submit { [self] _ in file.withLockedValue { $0.discard() } }
  }

  /// Writes the rest and makes it durable. Returns whether that succeeded.
  func finish() async -> Bool {
    let isDurable = try? await store.pool.runIfActive { [self] in
      file.withLockedValue { file in
        file.write(takeWaiting())
        return file.publish()
      }
    }
    if isDurable == true { store.note(sop) }
    return isDurable ?? false
  }

  private func writeWaiting() {
    file.withLockedValue { $0.write(takeWaiting()) }
    let wasPaused = state.withLockedValue { state in
      defer { state.isPaused = false }
      state.isWriting = false
      return state.isPaused
    }
    if wasPaused { resume() }
  }

  private func takeWaiting() -> [ByteBuffer] {
    state.withLockedValue { state in
      defer {
        state.waiting = []
        state.waitingBytes = 0
      }
      return state.waiting
    }
  }
}
