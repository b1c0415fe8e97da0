import EscrowCore

/// One try to tell an endpoint one event.
struct WebhookAttempt: Sendable {
  let endpoint: WebhookEndpoint
  let transport: any HTTPSending
  let timing: DispatchTiming
  let apiURL: String?

  /// How a try ended.
  struct Outcome: Sendable, Equatable {
    var result: WebhookTry
    /// What a receiver that is too busy asked for.
    var retryAfter: Duration?
    /// The receiver says that it will never want anything again.
    var isGone: Bool { result.status == 410 }

    func apply(to health: inout EndpointHealth, now: Timestamp) {
      if result.next == .done { health.succeeded() } else { health.failed(at: now, retryAfter: retryAfter) }
    }
  }

  /// Sends the event, signed anew; nil if the task was cancelled meanwhile.
  func run(_ task: WebhookTask) async -> Outcome? {
    let start = timing.now()
    do {
      let patientID = endpoint.includePatient ? task.patientID : nil
      let body = try WebhookBody(task.event, patientID: patientID, apiURL: apiURL).json()
      let request = endpoint.request(id: task.messageID, body: body, now: start)
      return judge(try await transport.send(request), of: task, start: start)
    } catch {
      guard !Task.isCancelled else { return nil }
      let now = timing.now()
      let next = RetrySchedule.next(after: begun(task, start), now: now, random: timing.random())
      let seconds = now.since(start).inSeconds
      return Outcome(result: WebhookTry(task: task.id, status: nil, error: "\(error)", seconds: seconds, next: next))
    }
  }

  private func judge(_ response: HTTPResponse, of task: WebhookTask, start: Timestamp) -> Outcome {
    let retryAfter = [429, 503].contains(response.status) ? response.retryAfter : nil
    let next: WebhookTry.Next =
      switch response.status {
      case 200..<300: .done
      case 410: .deadLetter
      default:
        RetrySchedule.next(
          after: begun(task, start), retryAfter: retryAfter, now: timing.now(), random: timing.random())
      }
    let result = WebhookTry(
      task: task.id, status: response.status, error: problem(response), seconds: response.seconds, next: next)
    return Outcome(result: result, retryAfter: retryAfter)
  }

  /// The task with the time of its first try, which may be this one.
  private func begun(_ task: WebhookTask, _ start: Timestamp) -> WebhookTask {
    var task = task
    task.firstTryAt = task.firstTryAt ?? start
    return task
  }

  private func problem(_ response: HTTPResponse) -> String? {
    switch response.status {
    case 200..<300: nil
    case 300..<400: "HTTP \(response.status): redirects are not followed"
    default: "HTTP \(response.status)"
    }
  }
}
