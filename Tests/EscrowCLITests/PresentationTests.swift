import EscrowCore
import Testing

@testable import EscrowCLI

@Suite struct PresentationTests {
  @Test func columnsStandUnderEachOther() {
    var table = TextTable("NAME", "STATE")
    table.add("archive", "up")
    table.add("a", "down")
    #expect(table.lines == ["NAME     STATE", "archive  up", "a        down"])
  }

  @Test(arguments: [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("45", 45)])
  func waitsAreReadAsPeopleWriteThem(text: String, seconds: Int) {
    #expect(WaitLimit(argument: text)?.seconds == seconds)
  }

  @Test(arguments: ["", "s", "-1s", "ten", "1.5h", "5w"])
  func whatIsNoWaitIsRefused(text: String) {
    #expect(WaitLimit(argument: text) == nil)
  }

  @Test(arguments: [(Int64(0), "0 B"), (999, "999 B"), (1500, "1.5 kB"), (525_000_000, "525.0 MB")])
  func bytesAreForPeople(count: Int64, text: String) {
    #expect(bytesText(count) == text)
  }

  @Test(arguments: [
    (RoutingPlan(deliveries: [], retention: .after(.hours(24))), "purged 24h after everything is proven"),
    (RoutingPlan(deliveries: [], retention: .after(.days(7))), "purged 7d after everything is proven"),
    (RoutingPlan(deliveries: [], retention: .after(.zero)), "purged as soon as everything is proven"),
    (RoutingPlan(deliveries: [], retention: .never), "never purged"),
    (RoutingPlan(deliveries: [], hold: "no route matches", retention: .after(.hours(24))), "held: no route matches"),
  ])
  func aPlanEndsAsItSays(plan: RoutingPlan, text: String) {
    #expect(plan.ending == text)
  }

  @Test func nothingToDecideDoesNotSayThatAllIsWell() {
    #expect(SpaceCommand.nothingToDecide(isEmpty: true) == "Nothing is kept.")
    let text = SpaceCommand.nothingToDecide(isEmpty: false)
    #expect(text.contains("purge: never") && !text.contains("on its way"))
  }

  @Test func urlsAreEscaped() {
    #expect("a b/ü&".urlEscaped == "a%20b%2F%C3%BC%26")
  }
}
