/// Names that someone may have meant.
package enum NearMiss {
  /// Up to three of `names` that differ little from `name`, nearest first.
  package static func names(near name: String, among names: [String]) -> [String] {
    let allowed = max(1, name.count / 3)
    let near = names.compactMap { candidate -> (name: String, distance: Int)? in
      let distance = distance(name.lowercased(), candidate.lowercased(), limit: allowed)
      return distance.map { (candidate, $0) }
    }
    return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// ` (did you mean "a" or "b"?)`, or nothing.
  package static func question(near name: String, among names: [String]) -> String {
    let near = self.names(near: name, among: names)
    guard !near.isEmpty else { return "" }
    return " (did you mean \(near.map { "\"\($0)\"" }.joined(separator: " or "))?)"
  }

  /// How many letters must be put in, taken out, changed, or swapped with their neighbour; `nil` if more than
  /// `limit`.
  private static func distance(_ left: String, _ right: String, limit: Int) -> Int? {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    guard abs(left.count - right.count) <= limit, max(left.count, right.count) <= 128 else {
      return nil
    }
    var before: [Int] = []
    var last = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var row = [i + 1]
      for (j, other) in right.enumerated() {
        var best = min(last[j] + (letter == other ? 0 : 1), row[j] + 1, last[j + 1] + 1)
        if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
          best = min(best, before[j - 1] + 1)
        }
        row.append(best)
      }
      (before, last) = (last, row)
    }
    return last[right.count] <= limit ? last[right.count] : nil
  }
}
