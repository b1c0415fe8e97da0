import EscrowCore
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("CT*", "CT", true), ("CT*", "CT HEAD", true), ("CT*", "ACT", false), ("*CT", "ACT", true), ("*", "", true),
    ("C?", "CT", true), ("C?", "C", false), ("C?", "CTX", false), ("*a*b*", "xxaxxbxx", true),
    ("*a*b*", "xxbxxa", false),
    ("??", "äö", true), ("ct*", "CT", false), ("**x", "aax", true), ("a*b*c", "abbbbbd", false), ("\\*", "*", true),
    ("\\*", "x", false), ("a\\?", "a?", true), ("\\\\*", "\\x", true), ("", "", true), ("", "x", false),
    ("?", "", false),
  ])
  func matches(_ glob: String, _ text: String, _ expected: Bool) {
    #expect(Glob(glob).matches(text) == expected)
  }

  @Test(arguments: [("CT", "CT"), ("\\!x", "!x"), ("a\\*b", "a*b"), ("CT*", nil), ("C?", nil)] as [(String, String?)])
  func knowsWhetherItHasWildcards(_ glob: String, _ literal: String?) {
    #expect(Glob(glob).literal == literal)
  }

  /// Would take longer than the universe's age if every star were tried at every place.
  @Test func manyStarsStayCheap() {
    let glob = Glob(String(repeating: "a*", count: 60) + "b")
    #expect(!glob.matches(String(repeating: "a", count: 2000)))
  }
}
