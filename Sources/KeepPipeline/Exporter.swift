import KeepArchive
import KeepFiles
import KeepModel
import SystemPackage

/// Writes a bundle's outputs as plain files, for people who want pictures in a folder now.
///
/// Names are `<stem>.<node>.<number>.<ext>`, numbered from 1 within a node, and `<stem>.<node>.<input>.<ext>` for
/// what went in. Nothing is ever overwritten: a file with the same bytes stays as it is, another one is passed over
/// with `-2`, `-3` and on. Temporary outputs are written only where a run has no others, unless they are wanted.
struct Exporter {
  let folder: FilePath
  /// What is wanted.
  var choice = ExportChoice()
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
  /// - Throws: ``KeepError`` with code `local_io`, `fixity` once everything else is written, and as ``BundleReader``.
  func export(_ bundle: FilePath) throws(KeepError) {
    if let failure = try report(of: bundle).failures.first { throw failure }
  }

  /// Writes what is wanted of a bundle. Every file is checked against the manifest on the way; what is damaged gets no
  /// name, and the others are written all the same.
  ///
  /// - Throws: ``KeepError`` with code `local_io`, and as ``BundleReader``.
  func report(of bundle: FilePath) throws(KeepError) -> ExportReport {
    let reader = try BundleReader(bundle)
    let manifest = try Manifest(reading: reader)
    var report = ExportReport(bundle: bundle)
    report.missing = manifest.outputs.count { $0.status == .missing && choice.includes($0.node) }
    let stem = Self.stem(of: bundle, manifest)
    try Folder.make(folder)
    for item in outputs(manifest, stem) + inputs(manifest, stem) {
      do {
        report.files.append(try write(item, from: reader))
      } catch  where error.code != .localIO {
        report.failures.append(error)
      }
    }
    return report
  }

  /// One file that is to be written.
  private struct Item {
    let node: NodeID
    let input: InputName?
    let stored: Manifest.Stored
    /// Without number against others of the name, and extension.
    let name: String
    /// Where its bytes lie beside the bundle.
    var source: FilePath?
  }

  private func outputs(_ manifest: Manifest, _ stem: String) -> [Item] {
    let archived = manifest.outputs.filter { $0.status == .archived }
    let finals = archived.filter { $0.type != "temp" }
    var numbers: [NodeID: Int] = [:]
    var items: [Item] = []
    for output in finals.isEmpty || choice.includesTemporary ? archived : finals {
      guard let stored = output.stored else { continue }
      numbers[output.node, default: 0] += 1
      guard choice.includes(output.node) else { continue }
      let name = "\(stem).\(PayloadName.slug(output.node.rawValue)).\(numbers[output.node] ?? 1)"
      items.append(
        Item(
          node: output.node, input: nil, stored: stored, name: name, source: spooled[output.pointer]))
    }
    return items
  }

  private func inputs(_ manifest: Manifest, _ stem: String) -> [Item] {
    guard choice.includesInputs else { return [] }
    return manifest.inputs.compactMap { input in
      guard let stored = input.stored, choice.includes(input.node) else { return nil }
      let place = [input.node.rawValue, input.input.rawValue].map(PayloadName.slug).joined(separator: ".")
      let number = input.index > 0 ? ".\(input.index + 1)" : ""
      return Item(
        node: input.node, input: input.input, stored: stored, name: "\(stem).\(place)\(number)")
    }
  }

  /// In an archive the name of the bundle's folder, which is that of its first input; elsewhere the first input's
  /// own, and `run` without one.
  private static func stem(of bundle: FilePath, _ manifest: Manifest) -> String {
    let folder = bundle.removingLastComponent()
    if ArchiveLayout.isDay(folder.removingLastComponent()), let name = folder.lastComponent?.string {
      return name
    }
    guard let input = manifest.inputs.first else { return "run" }
    return FilePath.Component(PayloadName.safe(input.filename))?.stem ?? "run"
  }

  private func write(_ item: Item, from reader: borrowing BundleReader) throws(KeepError) -> ExportReport.File
  {
    // What the manifest says becomes part of a name.
    guard PayloadPath(item.stored.path) != nil else {
      throw KeepError(.fixity, .path(reader.path), "its manifest lists a path that no bundle has")
    }
    let type = FilePath(item.stored.path).extension.map { ".\($0)" } ?? ""
    var number = 1
    while true {
      let target = folder.appending(item.name + (number > 1 ? "-\(number)" : "") + type)
      if FileReader.exists(target) {
        if try FileReader.checksum(of: target) == item.stored.checksum {
          return file(item, at: target, wasThere: true)
        }
        number += 1
      } else if try place(item, at: target, from: reader) {
        return file(item, at: target, wasThere: false)
      }
    }
  }

  private func file(_ item: Item, at target: FilePath, wasThere: Bool) -> ExportReport.File {
    ExportReport.File(
      path: target, node: item.node, input: item.input, size: ByteCount(item.stored.size),
      checksum: item.stored.checksum, wasThere: wasThere)
  }

  /// Whether the file was written; `false` when the name was taken meanwhile.
  private func place(
    _ item: Item, at target: FilePath, from reader: borrowing BundleReader
  ) throws(KeepError) -> Bool {
    if let source = item.source { return try FileCopy.clone(from: source, to: target) }
    return try reader.write(item.stored.path, item.stored.checksum, to: target)
  }
}
