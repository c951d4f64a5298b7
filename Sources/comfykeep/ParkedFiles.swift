import KeepModel
import KeepPipeline
import SystemPackage

/// Parked files of watched folders, that a person wants to be taken again.
struct ParkedFiles {
  let archive: ArchiveOptions
  let output: OutputOptions

  /// Lets a watch take files again.
  ///
  /// - Parameters:
  ///   - names: Paths of files, or what names runs.
  ///   - all: Whether every parked file is meant.
  /// - Returns: Whether that was what was asked for; `false` where `names` are those of runs.
  /// - Throws: ``KeepError`` with `usage` for a file that is not parked, or where files and runs are named together.
  func takeAgain(_ names: [String], all: Bool) async throws -> Bool {
    let reading = try await archive.open(for: .reading)
    let parked = try await reading.arrivals([.failed])
    let known = all ? [] : try await reading.arrivals()
    var chosen: [Arrival] = all ? parked : []
    var runs: [String] = []
    for name in names {
      let place = try Archive.absolute(FilePath(name))
      let fitting = known.first { $0.place == place || $0.folder.pushing($0.path) == place }
      guard let arrival = fitting else {
        runs.append(name)
        continue
      }
      guard arrival.state == .failed else {
        throw KeepError(
          .usage, .path(FilePath(name)), "is \(arrival.state.rawValue.replacing("_", with: " ")), not parked",
          hint: "comfykeep queue shows what is")
      }
      chosen.append(arrival)
    }
    // What names a run has neither.
    if let file = runs.first(where: { $0.contains("/") || $0.contains(".") }) {
      throw KeepError(
        .usage, .path(FilePath(file)), "is no file that a watch of this archive has taken",
        hint: "comfykeep queue --state all shows which are")
    }
    guard all || !chosen.isEmpty else { return false }
    guard runs.isEmpty else {
      throw KeepError(
        .usage, .option(runs[0]),
        "is no file of a watched folder, and files and runs are not retried together",
        hint: "name files in one command and runs in another")
    }
    let taken = try await archive.open(for: .keeping).repeatArrivals(chosen.map(\.id))
    for arrival in taken { tell(arrival) }
    if taken.isEmpty {
      Terminal.note("nothing is parked")
    } else {
      Terminal.note("\(taken.count == 1 ? "1 file waits" : "\(taken.count) files wait") for the watch")
    }
    return true
  }

  private func tell(_ arrival: Arrival) {
    Terminal.print(output.json ? JSONReport.arrival(arrival) : Terminal.safe(arrival.place.string))
  }
}

extension JSONReport {
  /// `{"type":"arrival", …}`, a file of a watched folder.
  static func arrival(_ arrival: Arrival) -> String {
    String(decoding: CanonicalJSON.compact(arrival.json), as: UTF8.self)
  }
}
