import DICOMProtocol
import NIOCore

/// Time (PS3.8 §9.1.5 for ARTIM; everything else is ours).
extension AssociationHandler {
  func start(_ wait: Waits.Wait, _ duration: Duration) { start(wait, TimeAmount(duration)) }

  func start(_ wait: Waits.Wait, _ amount: TimeAmount) {
    guard let context else { return }
    waits[wait] = context.eventLoop.now + amount
    arm()
  }

  /// Begins to count what arrives inside a message.
  func startRateWindow() {
    bytesInWindow = 0
    start(.rate, timeouts.message)
  }

  func startWriteWait() {
    bufferedBytes = bytesToWrite
    start(.write, timeouts.write)
  }

  /// After bytes came: the peer's time inside a message, in which the idle time does not run.
  func watchMessage() {
    guard agreement != nil, !isEnded else { return }
    let isInside = messages.isInsideMessage || pdus.hasUnread
    if isInside { waits.stop(.idle) }
    if isInside, !isHeld {
      start(.message, timeouts.message)
      if !waits.isRunning(.rate) { startRateWindow() }
    } else {
      waits.stop(.message)
      waits.stop(.rate)
    }
  }

  func disarm() {
    waits.stopAll()
    alarm?.task.cancel()
    alarm = nil
  }

  /// One task serves all waits. It is not moved when a wait is extended, which every read does: it finds out.
  private func arm() {
    let earliest = waits.earliest
    guard let context, earliest < alarm?.at ?? .distantFuture else { return }
    alarm?.task.cancel()
    let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: earliest) { self.alarmed() }
    alarm = (earliest, task)
  }

  private func alarmed() {
    guard let context else { return }
    alarm = nil
    while let wait = waits.takeExpired(at: context.eventLoop.now) { expired(wait) }
    arm()
  }

  private func expired(_ wait: Waits.Wait) {
    switch wait {
    case .artim: if machine.handle(.artimExpired) == .aa2 { disconnect(.timedOut("A-ASSOCIATE-RQ or close")) }
    case .answer: abort(.serviceUser, because: .timedOut("answer to A-ASSOCIATE-RQ"))
    case .message: abort(.notSpecified, because: .timedOut("rest of a message"))
    case .rate: checkRate()
    case .idle: endIdle()
    case .response: abort(.serviceUser, because: .timedOut("response"))
    case .write: checkWrite()
    case .release: abort(.serviceUser, because: .timedOut("A-RELEASE-RP"))
    }
  }

  private func checkRate() {
    guard bytesInWindow < timeouts.messageMinimum else { return startRateWindow() }
    abort(.notSpecified, because: .timedOut("message too slow"))
  }

  /// Some of a long write may have left.
  private func checkWrite() {
    guard bytesToWrite == bufferedBytes else { return startWriteWait() }
    abort(.notSpecified, because: .timedOut("peer takes nothing"))
  }

  private var bytesToWrite: Int {
    (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  private func endIdle() {
    switch machine.role {
    case .acceptor: abort(.serviceUser, because: .timedOut("next message"))
    case .requestor:
      guard let context else { return }
      release(timeout: TimeAmount(timeouts.artim), promise: context.eventLoop.makePromise())
    }
  }
}
