public import NIOCore

/// Runs the steps of tasks on an event loop, so that who serves an association goes on where its messages come from.
///
/// A step must not block, and what it computes holds up the other associations of its event loop.
public final class EventLoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  public init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
