import EscrowCore
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// Looks at the bytes of a data set as they pass.
package protocol ChunkObserver: Sendable {
  /// The next bytes, in order, never two calls at once; on an I/O thread.
  func observe(_ bytes: UnsafeRawBufferPointer)
}

/// Takes the data set of one instance into its file.
///
/// The owner calls ``append(_:)`` from one place, normally an event loop, then exactly one of ``finish()`` and
/// ``abandon()``; a writer that is dropped is abandoned. Bytes are written, digested and observed on the I/O
/// threads by one job at a time, in order: the progress behind its lock says when the next may start, and only
/// that job touches the file.
package final class SpoolWriter: Sendable {
  private struct State {
    var progress: WriterProgress
    var owner: CheckedContinuation<SpooledFile, any Error>?
  }

  private let state: NIOLockedValueBox<State>
  private let file: NIOLockedValueBox<FileInProgress>
  private let chunks: ChunkPool
  private let pool: IOThreads
  private let observer: (any ChunkObserver)?
  private let onDrained: @Sendable () -> Void

  init(
    _ file: FileInProgress, in spool: Spool, observer: (any ChunkObserver)?, onDrained: @escaping @Sendable () -> Void
  ) {
    state = NIOLockedValueBox(State(progress: WriterProgress(limit: spool.maximumLength, chunks: spool.chunks)))
    self.file = NIOLockedValueBox(file)
    chunks = spool.chunks
    pool = spool.pool
    self.observer = observer
    self.onDrained = onDrained
  }

  deinit {
    guard state.withLockedValue({ $0.progress.abandon() }) else { return }
    pool.submit { [file] _ in file.withLockedValue { $0.discard() } }
  }

  /// Takes the next bytes; never blocks. After a failure they are dropped until ``finish()`` tells of it.
  ///
  /// - Returns: whether more may come now. After `false` wait for `onDrained`, which is called once, on any thread,
  ///   perhaps before this returns.
  package func append(_ fragment: ByteBuffer) -> Bool {
    let (mayGoOn, isJobDue) = state.withLockedValue { $0.progress.append(fragment) }
    if isJobDue { startJob() }
    return mayGoOn
  }

  /// Whether a call failed, and what comes is dropped.
  package var hasFailed: Bool { state.withLockedValue { $0.progress.failure != nil } }

  /// Makes the file durable. When this returns, it would survive a power cut; when it throws, there is none.
  ///
  /// - Throws: ``SpoolError``, for whatever went wrong since the first byte.
  package func finish() async throws -> SpooledFile {
    try await withCheckedThrowingContinuation { continuation in
      let isJobDue = state.withLockedValue { state in
        state.owner = continuation
        return state.progress.finish()
      }
      if isJobDue { startJob() }
    }
  }

  /// Removes what was written so far, soon. May be called again; without effect once ``finish()`` was called.
  package func abandon() {
    if state.withLockedValue({ $0.progress.abandon() }) { startJob() }
  }

  private func startJob() {
    pool.submit { [self] turn in
      if turn == .cancelled { fail(SpoolError.stopped) }
      runJob()
    }
  }

  /// One turn on an I/O thread: at most one chunk while more are coming, everything that is left once none is.
  private func runJob() {
    var isFirst = true
    while true {
      let (step, ownerMayGoOn) = state.withLockedValue { state in
        (state.progress.nextStep(isFirst: isFirst), state.progress.releaseOwner())
      }
      if ownerMayGoOn { onDrained() }
      switch step {
      case .write(let chunk): write(chunk)
      case .makeWay: return startJob()
      case .complete: complete()
      case .discard: file.withLockedValue { $0.discard() }
      case .reportFailure: return reportFailure()
      case .rest: return
      }
      isFirst = false
    }
  }

  private func write(_ chunk: ByteBuffer) {
    do {
      try chunk.withUnsafeReadableBytes { bytes in
        observer?.observe(bytes)
        try file.withLockedValue { try $0.write(bytes) }
      }
      state.withLockedValue { $0.progress.wrote() }
      chunks.give(chunk)
    } catch {
      fail(error)
    }
  }

  private func complete() {
    do {
      let spooled = try file.withLockedValue { try $0.complete() }
      let owner = state.withLockedValue { state in
        state.progress.completed()
        return state.owner.take()
      }
      owner?.resume(returning: spooled)
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: any Error) {
    state.withLockedValue { $0.progress.fail(error) }
  }

  private func reportFailure() {
    let (owner, failure) = state.withLockedValue { ($0.owner.take(), $0.progress.failure) }
    owner?.resume(throwing: failure ?? SpoolError.abandoned)
  }
}
