/// All keys of one mapping.
struct Schema<Target> {
  let keys: [Key<Target>]
  /// Names that will mean something later; refused instead of ignored.
  let notYet: Set<String>

  init(_ keys: [Key<Target>], notYet: Set<String> = []) {
    self.keys = keys
    self.notYet = notYet
  }

  /// What may have been meant by `name`, or what there is to choose from.
  func suggestion(for name: String) -> String {
    let names = keys.map(\.name)
    let nearest = Suggestion.text(for: name, among: names)
    return nearest.isEmpty ? "; it has \(quoted(names))" : nearest
  }
}
