import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Sends one data set with two buffers: while one is being written, the next is read on an I/O thread.
///
/// Confined to the event loop; only the buffers travel, one job at a time, because the pool does not order jobs.
final class DataSetSender {
  typealias Buffer = NIOLockedValueBox<ByteBuffer>

  private let content: OutgoingContent
  private let pool: NIOThreadPool
  private let eventLoop: any EventLoop
  private let write: (ByteBuffer, ByteBuffer?) -> EventLoopFuture<Void>
  private let finish: (Result<Void, any Error>) -> Void

  private var layout: FragmentLayout
  /// Both of them, once everything is in the socket.
  private(set) var free: [Buffer]
  private var filled: (buffer: Buffer, isLast: Bool)?
  /// What was read before ``start(after:at:)``.
  private var ahead: (result: Result<Bool, any Error>, buffer: Buffer)?
  /// The PDUs of the command set, until they leave with the first fragments.
  private var command: ByteBuffer?
  private var pace: (any SendingPace)?
  private var isStarted = false
  private var isReading = false
  private var isWriting = false
  private var isStopped = false

  /// - Parameters:
  ///   - buffers: those of the last data set, empty, or none: memory that is new is slow.
  ///   - write: writes and flushes the first bytes after the second, if there are any; its future ends when they are in
  ///     the socket.
  ///   - finish: called once, with success when the last fragment is in the socket; not after ``stop()``.
  init(
    buffers: [Buffer], layout: FragmentLayout, content: OutgoingContent, pool: NIOThreadPool, eventLoop: any EventLoop,
    write: @escaping (ByteBuffer, ByteBuffer?) -> EventLoopFuture<Void>,
    finish: @escaping (Result<Void, any Error>) -> Void
  ) {
    self.layout = layout
    self.content = content
    self.pool = pool
    self.eventLoop = eventLoop
    self.write = write
    self.finish = finish
    free = buffers.isEmpty ? [Buffer(ByteBuffer()), Buffer(ByteBuffer())] : buffers
  }

  /// Reads what is written first.
  func prepare() { readNext() }

  /// Sends it.
  ///
  /// - Parameters:
  ///   - command: the PDUs of the command set, which leave in the same write as the first fragments.
  ///   - pace: how fast it may leave; nil as fast as it can.
  func start(after command: ByteBuffer, at pace: (any SendingPace)?) {
    self.command = command
    self.pace = pace
    isStarted = true
    guard let (result, buffer) = ahead else { return readNext() }
    ahead = nil
    didRead(result, into: buffer)
  }

  /// Nothing more is read or written, and ``finish`` is not called.
  func stop() { isStopped = true }

  private func readNext() {
    guard !isStopped, !isReading, filled == nil, !free.isEmpty, let run = layout.next() else { return }
    let buffer = free.removeLast()
    isReading = true
    pool.runIfActive(eventLoop: eventLoop) { [content] in
      try buffer.withLockedValue { bytes in
        bytes.reserveCapacity(minimumWritableBytes: run.size)
        return try run.write(to: &bytes, from: content)
      }
    }
    .assumeIsolated().whenComplete { self.didRead($0, into: buffer) }
  }

  private func didRead(_ result: Result<Bool, any Error>, into buffer: Buffer) {
    isReading = false
    guard !isStopped else { return }
    guard isStarted else { return ahead = (result, buffer) }
    switch result {
    case .success(let isLast):
      if isLast { layout.finish() }
      fill(buffer, isLast: isLast)
    case .failure(let error):
      end(.failure(AssociationError.source(error)))
    }
  }

  /// What was read is written as soon as the pace allows.
  private func fill(_ buffer: Buffer, isLast: Bool) {
    let wait = pace?.take(buffer.withLockedValue(\.readableBytes) + (command?.readableBytes ?? 0)) ?? .zero
    guard wait > .zero else {
      filled = (buffer, isLast)
      return writeFilled()
    }
    isReading = true
    eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) {
      self.isReading = false
      guard !self.isStopped else { return }
      self.filled = (buffer, isLast)
      self.writeFilled()
    }
  }

  private func writeFilled() {
    guard !isWriting, let (buffer, isLast) = filled else { return }
    filled = nil
    isWriting = true
    write(buffer.withLockedValue { $0 }, command).assumeIsolated().whenComplete {
      self.didWrite($0, from: buffer, isLast: isLast)
    }
    command = nil
    readNext()
  }

  private func didWrite(_ result: Result<Void, any Error>, from buffer: Buffer, isLast: Bool) {
    isWriting = false
    guard !isStopped else { return }
    if case .failure = result { return end(result) }
    buffer.withLockedValue { $0.clear() }
    free.append(buffer)
    if isLast { return end(.success(())) }
    writeFilled()
    readNext()
  }

  private func end(_ result: Result<Void, any Error>) {
    isStopped = true
    finish(result)
  }
}
