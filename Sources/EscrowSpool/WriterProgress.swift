import NIOCore

/// How far one writer is: what its owner has asked for, what waits to be written, and whose turn it is.
///
/// Decides and does nothing. `append`, `finish` and `abandon` say whether a job is to be started; the one job that
/// runs at a time asks ``nextStep(isFirst:)`` until there is nothing to do.
struct WriterProgress {
  /// What the running job does next.
  enum Step: Equatable {
    case write(ByteBuffer)
    /// Another job goes on, so that a fast sender does not keep a thread to itself.
    case makeWay
    case complete
    case discard
    /// Tell the owner that it failed.
    case reportFailure
    case rest
  }

  private enum Stage { case receiving, finishing, abandoned, ended }

  /// With so many full chunks unwritten, the owner is asked to wait.
  private static let mostUnwritten = 2

  private let limit: Int64
  private let chunks: ChunkPool
  private var stage = Stage.receiving
  private(set) var failure: (any Error)?
  private var received: Int64 = 0
  private var filling: ByteBuffer?
  private var full: [ByteBuffer] = []
  private var isWriting = false
  private var jobIsRunning = false
  private var nothingToDiscard = true
  private var ownerWaits = false

  init(limit: Int64, chunks: ChunkPool) {
    self.limit = limit
    self.chunks = chunks
  }

  /// Takes a fragment. After a failure or when abandoned it is dropped.
  mutating func append(_ fragment: ByteBuffer) -> (mayGoOn: Bool, startJob: Bool) {
    precondition(stage == .receiving || stage == .abandoned, "a fragment came after finish()")
    guard stage == .receiving, failure == nil else { return (true, false) }
    received += Int64(fragment.readableBytes)
    guard received <= limit else {
      fail(SpoolError.tooLarge(limit: limit))
      return (true, startJob())
    }
    fill(from: fragment)
    let mayGoOn = unwritten < Self.mostUnwritten
    if !mayGoOn { ownerWaits = true }
    return (mayGoOn, full.isEmpty ? false : startJob())
  }

  /// No more fragments come. Returns whether to start a job.
  mutating func finish() -> Bool {
    precondition(stage == .receiving || stage == .abandoned, "finish() was called twice")
    if stage == .abandoned { fail(SpoolError.abandoned) }
    stage = .finishing
    return startJob()
  }

  /// Nobody wants the file any more. Without effect after ``finish()``. Returns whether to start a job.
  mutating func abandon() -> Bool {
    guard stage == .receiving else { return false }
    stage = .abandoned
    dropChunks()
    return nothingToDiscard ? false : startJob()
  }

  /// What the running job is to do. `isFirst`: it has not written a chunk yet.
  mutating func nextStep(isFirst: Bool) -> Step {
    if failure != nil || stage == .abandoned { return nextStepOfFailure() }
    if !full.isEmpty {
      return isFirst || stage == .finishing ? write(full.removeFirst()) : .makeWay
    }
    guard stage == .finishing else { return rest() }
    if let last = filling {
      filling = nil
      return write(last)
    }
    nothingToDiscard = false
    return .complete
  }

  /// The job has written a chunk.
  mutating func wrote() { isWriting = false }

  /// The job has completed the file.
  mutating func completed() {
    stage = .ended
    jobIsRunning = false
  }

  /// What was received is lost, and what comes will be dropped.
  mutating func fail(_ error: any Error) {
    if failure == nil { failure = error }
    isWriting = false
    dropChunks()
  }

  /// Whether the owner waits and may go on now; true once.
  mutating func releaseOwner() -> Bool {
    guard ownerWaits, unwritten < Self.mostUnwritten else { return false }
    ownerWaits = false
    return true
  }

  private var unwritten: Int { full.count + (isWriting ? 1 : 0) }

  private mutating func startJob() -> Bool {
    defer { jobIsRunning = true }
    return !jobIsRunning
  }

  private mutating func write(_ chunk: ByteBuffer) -> Step {
    isWriting = true
    nothingToDiscard = false
    return .write(chunk)
  }

  private mutating func nextStepOfFailure() -> Step {
    if !nothingToDiscard {
      nothingToDiscard = true
      return .discard
    }
    guard stage == .finishing else { return rest() }
    completed()
    return .reportFailure
  }

  private mutating func rest() -> Step {
    jobIsRunning = false
    return .rest
  }

  private mutating func dropChunks() {
    filling = nil
    full = []
  }

  /// Copies the fragment into chunks, each filled to the last byte before the next begins.
  private mutating func fill(from fragment: ByteBuffer) {
    var rest = fragment
    while rest.readableBytes > 0 {
      var chunk = filling.take() ?? chunks.take(for: rest.readableBytes)
      let count = min(rest.readableBytes, ChunkPool.chunkSize - chunk.readableBytes)
      rest.readWithUnsafeReadableBytes { chunk.writeBytes(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
      if chunk.readableBytes == ChunkPool.chunkSize { full.append(chunk) } else { filling = chunk }
    }
  }
}
