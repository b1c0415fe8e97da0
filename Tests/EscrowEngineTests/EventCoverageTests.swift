import EscrowCore
import EscrowTesting
import Foundation
import Testing

/// Which test reaches each step of the life of a delivery, over real sockets. A new step needs a row here.
@Suite struct EventCoverageTests {
  private enum Reached {
    case by(String)
    /// Nothing leads there yet.
    case notYet(String)
  }

  private static func row(_ from: DeliveryState, _ event: DeliveryEvent) -> Reached? {
    switch (event, from) {
    case (.claimed, _), (.storedAndProven, _): .by("successIsDelivered")
    case (.returned, _): .by("aFullDestinationIsTriedAgainWithoutLimit")
    case (.stored, _), (.commitmentOpened, _): .by("aLateReportOfTheFirstRequestProves")
    case (.attemptFailed, _): .by("silenceIsAnUnknownOutcome")
    case (.claimExpired, _): .by("anAttemptThatIsCutOffIsMadeAgain")
    case (.requestFailed, _): .by("aFailedRequestIsMadeAgainWithANewUID")
    case (.reportOverdue, _): .by("aLateReportOfTheFirstRequestProves")
    case (.proved, .queued): .by("whatWaitsToBeSentAgainIsProved")
    case (.proved, .sending): .by("whatIsBeingSentAgainIsProved")
    case (.proved, .sent): .by("whatAsksForAPersonIsAnAlarmAndAReportIsStillTaken")
    case (.proved, .requested): .by("theRightReportProves")
    case (.proved, .failed): .by("whatHasFailedIsProved")
    case (.found, _): .by("whatIsFoundIsDelivered")
    case (.notFound, _), (.missingAfterQueries, _): .by("whatTheArchiveLosesIsSentAgainUntilItIsFound")
    case (.proofRaised, _): .by("aStrongerProofIsStillToBeHad")
    case (.reportedFailedResend, .requested): .by("whatTheArchiveNeverHasIsSentFourTimes")
    case (.reportedFailedAskAgain, .requested): .by("whatMayBeOtherwiseNextTimeIsAskedForFirst")
    case (.reportedFailedPermanent, .requested): .by("whatWillNotChangeFailsAtOnce")
    case (.reportedFailedResend, .sent), (.reportedFailedAskAgain, .sent), (.reportedFailedPermanent, .sent):
      .by("failuresOfARefusedRequestCount")
    case (.contradictedResend, _): .by("whatTheArchiveHasNoMoreIsSentAgain")
    case (.contradictedAskAgain, _): .by("aNewerFailureContradictsAnOlderProof")
    case (.gaveUp, .queued): .by("aLostFileFailsWhatIsQueuedForOthers")
    case (.gaveUp, .sending): .by("doubtfulFailuresAreTriedSoOften")
    case (.gaveUp, .sent): .by("whatIsNotMeantProvesNothing")
    case (.gaveUp, .requested): .notYet("what reports say has events of its own")
    case (.cancelled, .queued): .by("givesADestinationUpAndLetsTheCopyGo")
    case (.cancelled, .sending): .by("whatIsBeingSentIsCancelledOnlyIfItEndsWithoutSuccess")
    case (.cancelled, _), (.requeued, .cancelled), (.waived, .cancelled):
      .by("whatIsCancelledStaysSoUntilItIsQueuedAgainOrWaived")
    case (.requeued, .failed): .by("whatHasFailedIsSentAgain")
    case (.waived, .failed): .by("whatHasFailedIsWaived")
    case (.repeated, .delivered): .by("whatTheArchiveLostIsStoredAgain")
    case (.repeated, .waived): .by("whatWasWaivedIsStoredAfterAll")
    case (.superseded, _): .notYet("failover")
    default: nil
    }
  }

  @Test(arguments: DeliveryLifecycle.transitions.map { [$0.from.rawValue, $0.event.rawValue] })
  func everyStepIsReachedByATest(step: [String]) throws {
    let from = try #require(DeliveryState(rawValue: step[0]))
    let event = try #require(DeliveryEvent(rawValue: step[1]))
    guard case .by(let test)? = Self.row(from, event) else {
      #expect(Self.row(from, event) != nil, "no test reaches \(event) in \(from)")
      return
    }
    #expect(Self.tests.contains(test), "there is no test \(test)")
  }

  /// The names of all test functions.
  private static let tests: Set<String> = {
    let folder = Repository.root + "/Tests"
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    var names: Set<String> = []
    for file in files where file.hasSuffix(".swift") {
      let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
      for match in text.matches(of: #/@Test[^{}]*?func (\w+)\(/#) { names.insert(String(match.1)) }
    }
    return names
  }()
}
