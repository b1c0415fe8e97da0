import DICOM

/// One text of a condition: `CT` exactly, `CT*` with wildcards, `/chest|thorax/i` as a regular expression, `>=512` as a
/// comparison, or a range of addresses; `!` in front negates. Case matters unless the expression says otherwise.
package struct Pattern: Sendable, Equatable {
  /// As it was written, for people.
  package let text: String
  package let negated: Bool
  package var test: Test

  package enum Test: Sendable, Equatable {
    case exact(String)
    case glob(Glob)
    case expression(RegularExpression)
    case comparison(Comparison)
    /// Of the sender's address.
    case addresses(AddressRange)
  }

  package enum Invalid: Error, Equatable {
    case empty
    case doubleNegation
    case comparison(Comparison.Invalid)
    case unclosedExpression
    case unknownFlag(Character)
    case expression(RegularExpression.Invalid)
  }

  /// - Parameter scale: how values of what is looked at are put in order; nil if they are not.
  package init(_ text: String, on scale: Scale? = nil) throws(Invalid) {
    self.text = text
    // As the values that it is held against.
    let composed = text.composed
    negated = composed.hasPrefix("!")
    test = try Pattern.test(negated ? composed.dropFirst() : composed[...], on: scale)
  }

  private static func test(_ text: Substring, on scale: Scale?) throws(Invalid) -> Test {
    switch text.first {
    case nil: throw .empty
    case "!": throw .doubleNegation
    case "<", ">": return try comparison(text, on: scale)
    case "/": return try expression(text.dropFirst())
    default:
      let glob = Glob(String(text))
      return glob.literal.map(Test.exact) ?? .glob(glob)
    }
  }

  private static func comparison(_ text: Substring, on scale: Scale?) throws(Invalid) -> Test {
    do { return .comparison(try Comparison(text, on: scale)) } catch { throw .comparison(error) }
  }

  /// `text` follows the opening slash.
  private static func expression(_ text: Substring) throws(Invalid) -> Test {
    guard let end = text.lastIndex(of: "/") else { throw .unclosedExpression }
    let flags = text[text.index(after: end)...]
    if let unknown = flags.first(where: { $0 != "i" }) { throw .unknownFlag(unknown) }
    guard end > text.startIndex else { throw .empty }
    do {
      return .expression(try RegularExpression(String(text[..<end]), ignoresCase: !flags.isEmpty))
    } catch {
      throw .expression(error)
    }
  }

  /// The only text that fits, before negation; nil when others may.
  var plainText: String? {
    if case .exact(let text) = test { text } else { nil }
  }

  /// Whether any value of `fact` fits, before negation.
  func match(_ fact: Fact) -> RegularExpression.Outcome {
    switch test {
    case .exact(let wanted): fact.values.contains(wanted) ? .matches : .differs
    case .glob(let glob): fact.values.contains(where: glob.matches) ? .matches : .differs
    case .addresses(let range): fact.address.map(range.contains) == true ? .matches : .differs
    case .comparison(let comparison): fact.values.contains(where: comparison.matches) ? .matches : .differs
    case .expression(let expression): Pattern.match(expression, fact.values)
    }
  }

  private static func match(_ expression: RegularExpression, _ values: [String]) -> RegularExpression.Outcome {
    var outcome = RegularExpression.Outcome.differs
    for value in values {
      switch expression.match(value) {
      case .matches: return .matches
      case .gaveUp: outcome = .gaveUp
      case .differs: continue
      }
    }
    return outcome
  }
}

extension Pattern.Invalid: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty: "an empty pattern matches nothing; use \"!*\" for an attribute that is absent or empty"
    case .doubleNegation: "one `!` negates; a text that begins with `!` is written `\\!`"
    case .comparison(let error): "\(error)"
    case .unclosedExpression: "the regular expression has no closing `/`; a text that begins with `/` is written `\\/`"
    case .unknownFlag(let flag): "`\(flag)` is no flag of a regular expression; only `i` (ignore case) is"
    case .expression(let error): "bad regular expression at its character \(error.offset + 1): \(error.message)"
    }
  }
}
