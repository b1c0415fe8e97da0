import DICOM
import EscrowCore
import Testing

@Suite struct PatternTests {
  @Test(arguments: [
    ("CT", false, Pattern.Test.exact("CT")), ("!CT", true, .exact("CT")), ("CT*", false, .glob(Glob("CT*"))),
    ("\\!CT", false, .exact("!CT")), ("!\\!CT", true, .exact("!CT")), ("\\/a/", false, .exact("/a/")),
    ("\\<2", false, .exact("<2")), ("NO", false, .exact("NO")), ("a/b", false, .exact("a/b")),
  ])
  func readsItsForms(_ text: String, _ negated: Bool, _ test: Pattern.Test) throws {
    let pattern = try Pattern(text)
    #expect(pattern.negated == negated)
    #expect(pattern.test == test)
    #expect(pattern.text == text)
  }

  @Test func readsRegularExpressions() throws {
    #expect(try Pattern("/a/b/i").test == .expression(RegularExpression("a/b", ignoresCase: true)))
    #expect(try Pattern("!/chest/").test == .expression(RegularExpression("chest")))
    #expect(try Pattern("!/chest/").negated)
  }

  @Test(arguments: [
    ("", Pattern.Invalid.empty), ("!", .empty), ("//", .empty), ("!!CT", .doubleNegation),
    ("<2", .comparison(.unordered)),
    (">= 5", .comparison(.unordered)), ("/chest", .unclosedExpression), ("/chest/g", .unknownFlag("g")),
    ("/a/ii2", .unknownFlag("2")),
  ])
  func refuses(_ text: String, _ error: Pattern.Invalid) {
    #expect(throws: error) { try Pattern(text) }
  }

  @Test func saysWhereTheExpressionIsWrong() {
    let error = #expect(throws: Pattern.Invalid.self) { try Pattern("/a(b/") }
    #expect(error?.description.hasPrefix("bad regular expression at its character 4: missing") == true)
  }
}
