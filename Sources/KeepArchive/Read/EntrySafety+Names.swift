import KeepModel

extension EntrySafety {
  /// Whether a finding is about a name alone. Such an entry can be left where it is, and the others be taken.
  static func isNameFault(_ finding: Finding) -> Bool {
    let faults: [FindingCode] = [.nameNotPortable, .outsideTopDirectory, .nameTwice, .fileIsFolder]
    return faults.contains { $0.rawValue == finding.code }
  }

  /// Takes out of a damaged bundle's directory what has a name that is not safe, so that the others can be saved.
  ///
  /// The one top directory is that of most entries. Of two with the same name the first stays, and of a file that is a
  /// folder too what lies in it.
  ///
  /// - Returns: What was taken out, with the reason.
  static func removeUnsafeNames(from directory: inout ZIPDirectory?) -> [ExtractionReport.Loss] {
    guard let entries = directory?.entries else { return [] }
    let top = commonTop(of: entries)
    let folders = folders(of: entries.filter { fault(ofName: $0.name) == nil && $0.name.starts(with: top) })
    var names: Set<[UInt8]> = []
    var losses: [ExtractionReport.Loss] = []
    directory?.entries.removeAll { entry in
      let name = entry.name.map(lowered)
      let isBelow = entry.name.starts(with: top)
      let reason: String? =
        if fault(ofName: entry.name) != nil {
          "has a name that is not safe"
        } else if !isBelow {
          "lies outside the one top directory"
        } else if folders.contains(name[...]) {
          "is a file and a folder"
        } else {
          names.insert(name).inserted ? nil : "has the name of another"
        }
      guard let reason else { return false }
      let path = isBelow ? entry.name.dropFirst(top.count) : entry.name[...]
      losses.append(
        .init(path: FindingLog.printable(String(decoding: path, as: UTF8.self)), reason: reason))
      return true
    }
    return losses
  }

  /// The top directory of most entries whose names are safe; of the first among equals.
  private static func commonTop(of entries: [ZIPDirectory.Entry]) -> [UInt8] {
    var counts: [[UInt8]: Int] = [:]
    var best: (top: [UInt8], count: Int) = ([], 0)
    for entry in entries where fault(ofName: entry.name) == nil { counts[top(of: entry), default: 0] += 1 }
    for entry in entries {
      let top = top(of: entry)
      if let count = counts[top], count > best.count { best = (top, count) }
    }
    return best.top
  }
}
