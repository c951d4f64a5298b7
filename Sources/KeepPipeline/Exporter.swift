import KeepArchive
import KeepFiles
import KeepModel
import SystemPackage

/// Writes a bundle's outputs as plain files, for people who want pictures in a folder now.
///
/// Names are `<stem>.<node>.<number>.<ext>`, numbered from 1 within a node. Nothing is ever overwritten: a
/// file with the same bytes stays as it is, another one is passed over with `-2`, `-3` and on. Temporary
/// outputs are written only where a run has no others.
struct Exporter {
  let folder: FilePath
  /// The outputs' files that still lie in the spool, by their place in the result: they can be reflinked.
  let spooled: [JSONPointer: FilePath]

  init(to folder: FilePath, outputs: [RetrievedOutput] = []) {
    self.folder = folder
    self.spooled = outputs.reduce(into: [:]) { spooled, output in
      if case .file(let file) = output.retrieval { spooled[output.output.pointer] = file.path }
    }
  }

  /// Makes the folder, and finds out whether files can be made in it: before a run is paid for, not after.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func prepare() throws(KeepError) {
    try Folder.make(folder)
    _ = try AtomicFile(in: folder)  // goes at once
  }

  /// Removes what a killed command left half written in the folder, if there is one.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func clear() throws(KeepError) {
    if Folder.isFolder(folder) { try Folder.removeLeftovers(in: folder) }
  }

  /// Writes the outputs of a bundle that was verified.
  ///
  /// - Throws: ``KeepError`` with code `local_io`, and as ``BundleReader``.
  func export(_ bundle: FilePath) throws(KeepError) {
    let reader = try BundleReader(bundle)
    let manifest = try Manifest(reading: reader)
    let archived = manifest.outputs.filter { $0.status == .archived }
    let finals = archived.filter { $0.type != "temp" }
    let stem = bundle.removingLastComponent().lastComponent?.string ?? "run"
    try Folder.make(folder)
    var numbers: [NodeID: Int] = [:]
    for output in finals.isEmpty ? archived : finals {
      guard let stored = output.stored else { continue }
      numbers[output.node, default: 0] += 1
      let name = "\(stem).\(PayloadName.slug(output.node.rawValue)).\(numbers[output.node] ?? 1)"
      try write(output, stored, as: name, from: reader)
    }
  }

  private func write(
    _ output: Manifest.Output, _ stored: Manifest.Stored, as name: String,
    from reader: borrowing BundleReader
  ) throws(KeepError) {
    let type = FilePath(stored.path).extension.map { ".\($0)" } ?? ""
    for number in 1... {
      let target = folder.appending(name + (number > 1 ? "-\(number)" : "") + type)
      if FileReader.exists(target) {
        if try FileReader.checksum(of: target) == stored.checksum { return }
        continue
      }
      if try place(output, stored, at: target, from: reader) { return }
    }
  }

  /// Whether the file was written; `false` when the name was taken meanwhile.
  private func place(
    _ output: Manifest.Output, _ stored: Manifest.Stored, at target: FilePath,
    from reader: borrowing BundleReader
  ) throws(KeepError) -> Bool {
    if let source = spooled[output.pointer] { return try FileCopy.clone(from: source, to: target) }
    guard let name = target.lastComponent else { return true }
    let file = try AtomicFile(in: folder)
    try reader.read("data/" + stored.path) { piece throws(KeepError) in try file.write(piece) }
    return try file.publish(as: name)
  }
}
