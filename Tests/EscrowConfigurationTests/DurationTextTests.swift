import EscrowConfiguration
import Testing

@Suite struct DurationTextTests {
  @Test(arguments: [
    (Duration.zero, "0s"), (.seconds(45), "45s"), (.seconds(90), "90s"), (.seconds(5400), "90m"),
    (.seconds(3600), "1h"), (.seconds(86_400), "24h"), (.seconds(129_600), "36h"), (.seconds(172_800), "2d"),
    (.seconds(604_800), "7d"), (.seconds(604_801), "604801s"),
  ])
  func isWrittenAsPeopleWriteIt(duration: Duration, text: String) {
    #expect(duration.text == text)
  }
}
