import DICOMProtocol
import NIOCore

/// From fragments to messages (PS3.7 §6.3, §7).
extension AssociationHandler {
  /// What a request may carry when nobody says where it goes: action and event information.
  static let smallDataSet = 32 << 20

  /// What one match of a query may take.
  static let identifier = 1 << 20

  func receive(_ value: PDV) throws(PDUError) {
    switch try messages.receive(value) {
    case .command(let command, let contextID)?: try begin(command, on: contextID)
    case .dataSet(let fragment, _, let isLast)?: try take(fragment, isLast: isLast)
    case nil: break
    }
  }

  private func begin(_ command: CommandSet, on contextID: UInt8) throws(PDUError) {
    guard let context = agreement?.contexts[contextID] else {
      throw PDUError(abort: .unexpectedParameter, text: "presentation context \(contextID) was not accepted")
    }
    let purpose = try purpose(of: command)
    intakeNumber += 1
    waits.stop(.idle)
    startRateWindow()
    let handling = handling(of: command, context, purpose)
    intake = Intake(command, on: context, purpose: purpose, handling: handling)
    if !command.hasDataSet { try finish() }
  }

  private func take(_ fragment: ByteBuffer, isLast: Bool) throws(PDUError) {
    let wantsMore = intake?.take(fragment) ?? true
    if let intake, intake.drained > drainLimit {
      throw PDUError(abort: .notSpecified, text: "a data set that is not taken goes on and on")
    }
    if isLast { return try finish() }
    isHeld = !wantsMore
  }

  private func purpose(of command: CommandSet) throws(PDUError) -> Intake.Purpose {
    if command.field.isResponse {
      guard let invocation, invocation.isAnswered(by: command) else {
        throw PDUError(abort: .unexpectedPDU, text: "response that nobody asked for")
      }
      return .reply
    }
    if command.field == .cCancelRequest { return .ignore }
    guard command.messageID != nil else {
      throw PDUError(abort: .invalidParameterValue, text: "request without Message ID")
    }
    // One at a time: asynchronous operations were not negotiated (PS3.7 §D.3.3.3).
    guard !unanswered.isEmpty else { return .deliver }
    refusals += 1
    guard refusals == 1 else {
      throw PDUError(abort: .unexpectedPDU, text: "requests while others are unanswered")
    }
    return .refuse(.duplicateInvocation)
  }

  private func handling(
    of command: CommandSet, _ context: AcceptedContext, _ purpose: Intake.Purpose
  ) -> DataSetHandling {
    guard command.hasDataSet else { return .discard }
    if case .reply = purpose, invocation?.expectsMore(after: command) == true {
      return .collect(maximum: Self.identifier)
    }
    guard case .deliver = purpose else { return .discard }
    guard let service, let association else {
      // On an association that we opened, only reports are heard.
      return context.abstractSyntax == StorageCommitment.sopClassUID ? .collect(maximum: Self.smallDataSet) : .discard
    }
    return service.handling(of: command, context: context, on: association, resume: resumption())
  }

  /// What the receiver of the current message calls to have more.
  private func resumption() -> @Sendable () -> Void {
    guard let context else { return {} }
    let number = intakeNumber
    let eventLoop = context.eventLoop
    let handler = NIOLoopBound(self, eventLoop: eventLoop)
    return { eventLoop.execute { handler.value.resume(intake: number) } }
  }

  private func resume(intake number: Int) {
    guard isHeld, number == intakeNumber else { return }
    isHeld = false
    startRateWindow()
    consume()
    watchMessage()
    guard !isHeld, isReadDue else { return }
    isReadDue = false
    context?.read()
  }

  /// The last fragment is in.
  private func finish() throws(PDUError) {
    guard let intake else { return }
    self.intake = nil
    switch intake.purpose {
    case .deliver:
      unanswered.append(intake.command.messageID)
      requests?.yield(intake.message)
    case .refuse(let status):
      // After our A-RELEASE-RQ nothing is answered any more.
      if let action = machine.handle(.localData), action == .dt1 || action == .ar7 {
        write(.response(to: intake.command, status: status), on: intake.context.id, promise: nil)
      }
      settle()
    case .reply: replied(intake)
    case .ignore: settle()
    }
  }

  /// An answer before the end of our data set cannot be followed by the rest of it: it ends the association.
  private func replied(_ intake: Intake) {
    guard let invocation else { return }
    let response = intake.command
    if invocation.expectsMore(after: response) { return matched(intake.message, invocation) }
    self.invocation = nil
    waits.stop(.response)
    invocation.sender?.stop()
    invocation.reply.succeed(.init(command: response, dataSetWasComplete: invocation.isSent))
    if invocation.isSent { settle() } else { abort(.serviceUser) }
  }

  /// The next response may take as long as the first.
  private func matched(_ message: IncomingMessage, _ invocation: Invocation) {
    guard invocation.pending?(message) == true else {
      return abort(.serviceUser, because: .violated("more answers to a query than can be meant"))
    }
    start(.response, invocation.timeout)
  }
}
