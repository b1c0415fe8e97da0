import EscrowCore
import Testing

@Suite struct RegularExpressionTests {
  @Test(arguments: [
    ("chest|thorax", "CT chest", RegularExpression.Outcome.matches), ("^chest", "CT chest", .differs),
    ("chest", "CHEST", .differs), ("^.$", "ä", .matches), ("^$", "", .matches), ("\\bHNO\\b", "Abt. HNO", .matches),
    ("(?i)chest", "CHEST", .matches), ("^[0-9]{8}$", "20261123", .matches),
    ("(?<!no )contrast", "no contrast", .differs),
  ])
  func matches(_ source: String, _ text: String, _ expected: RegularExpression.Outcome) throws {
    #expect(try RegularExpression(source).match(text) == expected)
  }

  @Test func ignoresCaseWhenAsked() throws {
    let expression = try RegularExpression("schädel", ignoresCase: true)
    #expect(expression.match("SCHÄDEL CT") == .matches)
  }

  @Test(arguments: ["(", "[a", "a{2,1}", "*a", "(?<n>", "\\C", "\\"]) func saysWhatIsWrong(_ source: String) throws {
    let error = #expect(throws: RegularExpression.Invalid.self) { try RegularExpression(source) }
    #expect(try #require(error).message.isEmpty == false)
    #expect(try #require(error).offset <= source.utf8.count)
  }

  @Test func givesUpInsteadOfBacktrackingForEver() throws {
    let text = String(repeating: "a", count: 60)
    #expect(try RegularExpression("^(a+)+$").match(text + "!") == .gaveUp)
    #expect(try RegularExpression("^(a+)+$").match(text) == .matches)
  }

  @Test func theExpressionCannotRaiseItsOwnLimit() throws {
    let expression = try RegularExpression("(*LIMIT_MATCH=4000000000)^(a+)+$")
    #expect(expression.match(String(repeating: "a", count: 60) + "!") == .gaveUp)
  }

  @Test func isUsedByManyAtOnce() async throws {
    let expression = try RegularExpression("^(ab)+c$")
    let text = String(repeating: "ab", count: 200)
    let outcomes = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<200 {
        group.addTask { expression.match(text + (index.isMultiple(of: 2) ? "c" : "d")) == .matches }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(outcomes == 100)
  }
}
