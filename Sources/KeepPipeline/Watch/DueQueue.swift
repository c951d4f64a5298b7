/// Places by the time when they are due: the earliest first, and of those due at once the one that came first.
struct DueQueue {
  /// A place and when it is due.
  struct Item {
    let due: Duration
    /// Grows with each item.
    let serial: UInt64
    let place: Int

    func isBefore(_ other: Item) -> Bool { (due, serial) < (other.due, other.serial) }
  }

  /// A heap: no item is before the one at half its index.
  private var items: [Item] = []

  /// How many there are.
  var count: Int { items.count }

  /// The one that is due first.
  var first: Item? { items.first }

  /// Adds an item.
  mutating func push(_ item: Item) {
    items.append(item)
    var place = items.count - 1
    while place > 0, items[place].isBefore(items[(place - 1) / 2]) {
      items.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Takes out the one that is due first.
  mutating func pop() -> Item? {
    guard let last = items.popLast() else { return nil }
    guard let first = items.first else { return last }
    items[0] = last
    sink(0)
    return first
  }

  /// Leaves out all but some.
  mutating func keep(_ isKept: (Item) -> Bool) {
    items.removeAll { !isKept($0) }
    for place in (0..<items.count / 2).reversed() { sink(place) }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < items.count {
        if items[child].isBefore(items[least]) { least = child }
      }
      guard least != place else { return }
      items.swapAt(place, least)
      place = least
    }
  }
}
