import DICOM
import EscrowCore
import Testing

/// Conditions on names of persons, and on text that is written in several forms of Unicode.
@Suite struct PersonNameTests {
  static let name = DICOM.Tag(0x0010, 0x0010)

  static func takes(_ pattern: String, _ value: String, of tag: DICOM.Tag = name) throws -> Bool {
    let route = Route("r", [try Condition(.attribute(tag), pattern)], to: .init(to: "a", proof: .response))
    return RouteTable(routes: [route]).plan(for: .ct(attributes: [tag: [value]])).hold == nil
  }

  static let japanese = "Yamada^Tarou=山田^太郎=やまだ^たろう"

  @Test(arguments: [
    ("Yamada^Tarou", japanese, true), ("山田*", japanese, true), ("やまだ^たろう", japanese, true),
    ("/^山田/", japanese, true), (japanese, japanese, true), ("太郎", japanese, false), ("Yamada", japanese, false),
    ("!山田*", japanese, false), ("!佐藤*", japanese, true), ("山田*", "=山田^太郎", true), ("*", "=", true),
  ])
  func anyGroupOfAName(pattern: String, value: String, expected: Bool) throws {
    #expect(try Self.takes(pattern, value) == expected)
  }

  @Test func groupsAreOfNamesOnly() throws {
    #expect(try !Self.takes("b", "a=b", of: .studyDescription))
    #expect(try Self.takes("a=b", "a=b", of: .studyDescription))
  }

  @Test(
    arguments: ["M\u{FC}ller*", "Mu\u{308}ller*", "M?ller*", "/^M\u{FC}l/", "/^Mu\u{308}l/", "/^M.l/"],
    ["M\u{FC}ller^Eva", "Mu\u{308}ller^Eva"])
  func composedAndDecomposedCharactersAreTheSame(pattern: String, value: String) throws {
    #expect(try Self.takes(pattern, value))
    #expect(try !Self.takes("!" + pattern, value))
  }

  @Test func anExplanationShowsTheValueAsItCame() throws {
    let route = Route("r", [Condition(.attribute(Self.name), name: "PatientName", patterns: [try Pattern("X")])])
    let found = RouteTable(routes: [route]).explain(.ct(attributes: [Self.name: [Self.japanese]]))
    #expect(found.map(\.reason) == [#"is "\#(Self.japanese)", wanted X"#])
  }
}
