/// One key of a route's `match`: what it looks at, and the texts of which it takes any.
package struct Condition: Sendable, Equatable {
  package let subject: Subject
  /// The key as it was written: a keyword of PS3.6, `callingAE`, `SOPClass` …
  package let name: String
  package let positives: [Pattern]
  package let negations: [Pattern]
  /// The positives again, apart: most conditions are plain texts, which are compared first and fast.
  private let plainTexts: [String]
  private let otherPositives: [Pattern]

  package init(_ subject: Subject, name: String, patterns: [Pattern]) {
    self.subject = subject
    self.name = name
    positives = patterns.filter { !$0.negated }
    negations = patterns.filter(\.negated)
    plainTexts = positives.compactMap(\.plainText)
    otherPositives = positives.filter { $0.plainText == nil }
  }

  enum Verdict: Equatable {
    case holds
    case fails
    /// A regular expression reached its limits; counts as failing, negated or not.
    case gaveUp
  }

  /// All negations must hold, and one positive if there is any. What is absent satisfies only negations.
  func verdict(on fact: Fact) -> Verdict {
    for pattern in negations {
      switch pattern.match(fact) {
      case .matches: return .fails
      case .gaveUp: return .gaveUp
      case .differs: continue
      }
    }
    if positives.isEmpty || fact.values.contains(where: { plainTexts.contains($0) }) { return .holds }
    var verdict = Verdict.fails
    for pattern in otherPositives {
      switch pattern.match(fact) {
      case .matches: return .holds
      case .gaveUp: verdict = .gaveUp
      case .differs: continue
      }
    }
    return verdict
  }

  /// The regular expression that reached its limits on `fact`, if one did.
  func patternThatGaveUp(on fact: Fact) -> Pattern? {
    (negations + otherPositives).first { $0.match(fact) == .gaveUp }
  }
}
