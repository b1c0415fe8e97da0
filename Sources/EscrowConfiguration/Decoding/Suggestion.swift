/// Finds what somebody may have meant.
enum Suggestion {
  /// `; did you mean …?` with the nearest of `candidates`, or nothing when none is near.
  static func text(for word: String, among candidates: some Sequence<String>) -> String {
    let limit = max(1, min(3, word.count / 3))
    let near = candidates.map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }
    return near.min { $0.1 < $1.1 }.map { "; did you mean `\($0.0)`?" } ?? ""
  }

  /// Insertions, deletions, replacements and exchanges of neighbours that lead from one to the other; case is free.
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.lowercased()), Array(right.lowercased()))
    guard abs(left.count - right.count) <= 3 else { return .max }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for i in left.indices {
      var current = [i + 1]
      for j in right.indices {
        let replaced = previous[j] + (left[i] == right[j] ? 0 : 1)
        var best = min(replaced, previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }
}
