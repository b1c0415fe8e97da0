/// What is to come, in the order of its time; of what comes at one moment, what was noted first is first.
struct Agenda<Item> {
  private struct Entry {
    let at: Duration
    let number: Int
    let item: Item

    func isLater(than other: Entry) -> Bool { (at, number) > (other.at, other.number) }
  }

  /// The next one last.
  private var entries: [Entry] = []
  private var noted = 0

  mutating func note(_ item: Item, at time: Duration) {
    noted += 1
    let entry = Entry(at: time, number: noted, item: item)
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].isLater(than: entry) { low = middle + 1 } else { high = middle }
    }
    entries.insert(entry, at: low)
  }

  mutating func next() -> (at: Duration, item: Item)? {
    entries.popLast().map { ($0.at, $0.item) }
  }

  /// Forgets what `isMeant`.
  mutating func drop(where isMeant: (Item) -> Bool) { entries.removeAll { isMeant($0.item) } }
}
