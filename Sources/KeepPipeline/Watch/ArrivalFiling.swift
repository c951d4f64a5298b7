import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// Moves files whose runs are over to `done/`, `failed/` or `skipped/`. It never deletes or replaces anything, and
/// whatever goes wrong here, nothing is run for it.
struct ArrivalFiling: Sendable {
  let filing: WatchSetting.Filing
  let ledger: Ledger
  /// Whether a file of a path below a watched folder takes values from a sidecar.
  let usesSidecars: @Sendable (_ path: FilePath, _ folder: FilePath) -> Bool

  /// Moves the file of an arrival, if it is to be moved and is still the one that was taken.
  ///
  /// - Returns: The arrival as it is now.
  /// - Throws: ``KeepError`` with `local_io` where it cannot be moved, `ledger_unusable`.
  func file(_ arrival: Arrival) async throws(KeepError) -> Arrival {
    guard filing == .move, arrival.movedTo == nil, let target = target(of: arrival) else { return arrival }
    let place = arrival.place
    // Another file has its name by now, which is an arrival of its own, or none has.
    if FileState(ofFileAt: place) == nil, let name = moved(arrival, target) {
      // A kill came between the move and its record.
      return try await record(arrival, at: name)
    }
    guard try await isItself(arrival) else { return arrival }
    if arrival.isParkedAgain(in: target) {
      // It lies where it is to be: only why may be another.
      try await ledger.recordMoved(arrival.id, to: arrival.path)
      try explain(arrival, beside: place)
      return try await ledger.arrival(arrival.id) ?? arrival
    }
    let folder = arrival.folder.pushing(target.removingLastComponent())
    try Folder.make(folder)
    try checkNoLink(to: target, in: arrival.folder)
    guard let name = try free(target, place, in: folder) else { return arrival }
    let moved = arrival.folder.pushing(name)
    guard FileState(ofFileAt: moved)?.isSameContent(as: arrival.stamp) == true else {
      // It was replaced in between: that one goes back to where it came from.
      _ = try Folder.moveFile(moved, to: place)
      return arrival
    }
    CrashPoint.arrivalMoved.pass()
    return try await record(arrival, at: name)
  }

  /// Has the sidecar of a file that was moved follow it, and then records where the file lies: a kill in between is
  /// made up for by the next watch. A sidecar that cannot follow is thrown after that.
  private func record(_ arrival: Arrival, at name: FilePath) async throws(KeepError) -> Arrival {
    let moved = arrival.folder.pushing(name)
    let sidecar = Result { () throws(KeepError) in try moveSidecar(of: arrival, to: moved) }
    try Folder.sync(moved.removingLastComponent())
    try await ledger.recordMoved(arrival.id, to: name)
    if arrival.state == .failed { try explain(arrival, beside: moved) }
    if arrival.path.components.first?.string == "failed" { removeReason(besides: arrival.place) }
    try sidecar.get()
    return try await ledger.arrival(arrival.id) ?? arrival
  }

  /// Moves the file of an arrival as ``file(_:)`` does; where it, or what belongs to it, cannot be moved, that is told.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable`.
  func filed(
    _ arrival: Arrival, _ tell: @Sendable (WatchNews) async -> Void
  ) async throws(KeepError) -> Arrival {
    do throws(KeepError) {
      return try await file(arrival)
    } catch {
      guard error.code != .ledgerUnusable else { throw error }
      let now = try await ledger.arrival(arrival.id) ?? arrival
      let words = now.movedTo == nil ? "is not moved" : "was moved, but not all that belongs to it"
      await tell(.warning("\(words): \(error.inFull)", about: arrival.path))
      return now
    }
  }

  /// Where the file of an arrival lies that was moved without a record of it; `nil` where it does not.
  private func moved(_ arrival: Arrival, _ target: FilePath) -> FilePath? {
    for number in 1..<10_000 {
      let name = number == 1 ? target : target.numbered(number)
      guard let state = FileState(ofFileAt: arrival.folder.pushing(name)) else { return nil }
      if state.isSameContent(as: arrival.stamp) { return name }
    }
    return nil
  }

  /// Refuses to move anything through a link, that could lead anywhere.
  private func checkNoLink(to target: FilePath, in folder: FilePath) throws(KeepError) {
    var place = folder
    for component in target.removingLastComponent().components {
      place.append(component)
      guard FileKind(of: place) == .folder else {
        throw KeepError(
          .localIO, .path(place), "is a link, and nothing is moved through it",
          hint: "make it a folder of its own, or use --after leave")
      }
    }
  }

  /// Whether the file of an arrival is still the one that was taken. One whose entry changed since is read: its bytes
  /// may be others, with the time put back.
  private func isItself(_ arrival: Arrival) async throws(KeepError) -> Bool {
    guard let state = FileState(ofFileAt: arrival.place), state.isSameContent(as: arrival.stamp) else {
      return false
    }
    guard state.mark != arrival.stamp, let known = try await ledger.checksum(ofArrival: arrival.id) else {
      return true
    }
    var hasher = ChecksumHasher()
    try FileReader(arrival.place).forEachPiece { hasher.update($0) }
    return hasher.finish() == known
  }

  /// Moves a file to a name, or the next one that is free; `nil` where it is gone.
  private func free(
    _ target: FilePath, _ place: FilePath, in folder: FilePath
  ) throws(KeepError) -> FilePath? {
    for number in 1..<10_000 {
      let name = number == 1 ? target : target.numbered(number)
      guard let component = name.lastComponent else { return nil }
      if try Folder.moveFile(place, to: folder.appending(component)) { return name }
      guard FileReader.exists(place) else { return nil }
    }
    throw KeepError(
      .localIO, .path(place), "cannot be moved: too many files of its name are in \(folder.string)")
  }

  /// Where it is to be below its folder.
  private func target(of arrival: Arrival) -> FilePath? {
    let folder: String
    switch arrival.state {
    case .done: folder = "done"
    case .failed: folder = "failed"
    case .skipped: folder = "skipped"
    case .waiting, .running, .inDoubt, .gone: return nil
    }
    var below = arrival.path
    // What was taken up again lies in a folder for what is over.
    if let first = below.components.first?.string, WatchSetting.filed.contains(first),
      below.components.count > 1
    {
      below = FilePath(root: nil, below.components.dropFirst())
    }
    return FilePath(folder).pushing(below)
  }

  /// Writes why a file is parked into a text file beside it.
  private func explain(_ arrival: Arrival, beside file: FilePath) throws(KeepError) {
    let lines = [
      Self.heading, "", "file:    \(arrival.path.string)", "time:    \(arrival.changedAt.minute)",
      "reason:  \(arrival.reason ?? "not told")",
      "runs:    \(arrival.submissions.map { String($0.rawValue.prefix(12)) }.joined(separator: ", "))", "",
      "comfykeep retry FILE takes it again, once what is wrong is mended.", "",
    ]
    removeReason(besides: file)
    _ = try AtomicFile.publish(Array(lines.joined(separator: "\n").utf8), as: file.beside(".reason.txt"))
  }

  /// The first line of a file of ours.
  static let heading = "comfykeep: not done"

  /// Takes away what we wrote beside a file that is no longer parked there.
  private func removeReason(besides place: FilePath) {
    let note = place.beside(".reason.txt")
    guard let bytes = try? FileReader.bytes(of: note, limit: ByteCount(65_536)),
      bytes.starts(with: Array(Self.heading.utf8))
    else { return }
    try? Folder.removeFile(note)
  }
}

extension Arrival {
  /// Whether it was parked, taken again and is parked once more.
  fileprivate func isParkedAgain(in target: FilePath) -> Bool {
    state == .failed && path.removingLastComponent() == target.removingLastComponent()
  }
}

extension FilePath {
  /// `cat-2.png` of `cat.png`.
  fileprivate func numbered(_ number: Int) -> FilePath {
    replacingName { stem, ending in stem + "-\(number)".utf8 + ending }
  }
}
